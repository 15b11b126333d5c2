// docs/reference/calls.md has each call, and each field with its type: what the source declares, and nothing more.
import { globSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkKey } from '../../src/ids/idempotency-key.ts';
import { AutobatchClient } from '../../src/index.ts';
import * as instances from '../../src/schemas/agent-instances.ts';
import * as spans from '../../src/schemas/agent-spans.ts';
import { checkAgentSchemaVersion, checkAgentVersion } from '../../src/schemas/agent-versions.ts';
import { checkBulkRequest } from '../../src/schemas/bulk-request.ts';
import { checkCallOptions, checkSubmitOptions } from '../../src/schemas/call-options.ts';
import type { Check } from '../../src/schemas/field-checks.ts';
import { fieldsIn, fieldsOf, wordsOf } from './declared.ts';
import { documentAt, rowsOf, sectionOf, spansOf } from './markdown.ts';

const page = documentAt('docs/reference/calls.md');

/** What a table is of: an interface of this name. */
const tables = new Map(
  page
    .split(/\n(?!\|)/)
    .filter((block) => block.includes('\n| field of '))
    .map((block) => block.slice(block.indexOf('| field of ')))
    .map((block) => [/^\| field of `?(\w+)/.exec(block)?.[1] ?? '', rowsOf(block)]),
);

/** Where each is declared, and what checks it when a user gives one. */
const declared: Readonly<Record<string, { readonly in: string; readonly check?: Check }>> = {
  CallOptions: { in: 'call-options.ts', check: checkCallOptions },
  AgentInstanceRegisterParams: {
    in: 'agent-instances.ts',
    check: instances.registerAgentInstance.checkParams,
  },
  AgentVersion: { in: 'agent-versions.ts', check: (it) => checkAgentVersion(Object(it)) },
  RuntimeEnvironment: {
    in: 'agent-versions.ts',
    check: (runtimeEnvironment) => checkAgentVersion(Object({ runtimeEnvironment })),
  },
  AgentInstanceStartParams: {
    in: 'agent-instances.ts',
    check: instances.startAgentInstance.checkParams,
  },
  AgentInstanceFinishParams: {
    in: 'agent-instances.ts',
    check: instances.finishAgentInstance.checkParams,
  },
  AgentInstanceRecordQualityParams: {
    in: 'agent-instances.ts',
    check: instances.recordQuality.checkParams,
  },
  AgentSpanCreateParams: { in: 'agent-spans.ts', check: spans.createAgentSpan.checkParams },
  AgentSpanFinishParams: { in: 'agent-spans.ts', check: spans.finishAgentSpan.checkParams },
  Action: { in: 'action.ts' },
  SubmitOptions: { in: 'call-options.ts', check: checkSubmitOptions },
  BulkRequest: { in: 'bulk-request.ts', check: checkBulkRequest },
  BulkItem: { in: 'bulk-request.ts' },
  BulkResult: { in: 'bulk-request.ts' },
  both: { in: 'action-promise.ts' },
  Control: { in: 'action-promise.ts' },
  AgentInstance: { in: 'agent-instances.ts' },
  AgentSpan: { in: 'agent-spans.ts' },
  AgentSchemaVersion: { in: 'agent-versions.ts', check: checkAgentSchemaVersion },
  SpanTypeSchema: { in: 'agent-versions.ts' },
  QualitySchema: { in: 'agent-versions.ts' },
};

describe('calls', () => {
  const client = new AutobatchClient({ disabled: true });
  const parts = ['agentInstances', 'agentSpans', 'bulk'] as const;
  const calls = [
    ...namesOf(client).filter((name) => typeof Reflect.get(client, name) === 'function'),
    ...parts.flatMap((part) => namesOf(client[part]).map((name) => `${part}.${name}`)),
  ];
  const listed = rowsOf(page.slice(0, page.indexOf('\n## ')));

  test('each call has one row, and each row is about a call', () => {
    expect(calls.length).toBeGreaterThan(10);
    expect(listed.map(([call = '']) => spansOf(call)[0]).sort()).toEqual(calls.sort());
  });

  test('each call has a heading', () => {
    const headings = [...page.matchAll(/^## (.*)$/gm)].flatMap(([, line = '']) => spansOf(line));
    expect(headings.sort()).toEqual(calls.sort());
  });

  test('the action that a row names is that of its method', () => {
    const kinds = [...Object.values(instances), ...Object.values(spans)]
      .filter((one) => typeof one === 'object')
      .map(({ method, type }) => [method, `\`${type}\``]);
    expect(kinds).toHaveLength(6);
    const named = listed.map(([call = '', , type]) => [spansOf(call)[0], type]);
    expect(named.slice(0, 6).sort()).toEqual(kinds.sort());
  });
});

test('each type of an argument or a result has a table', () => {
  expect([...tables.keys()].sort()).toEqual([...Object.keys(declared), 'ActionPromise'].sort());
  const exported = globSync('src/schemas/*.ts', { cwd: new URL('../../', import.meta.url) })
    .flatMap((file) => [...documentAt(file).matchAll(/^export interface (\w+)/gm)])
    .map(([, name = '']) => name);
  // Of these only the emulator, the engine or the pipeline hear, or users see them by another name.
  const others = [
    'ActionInput',
    'ActionKind',
    'Identified',
    'KnownActions',
    'ReferenceField',
    'WireAction',
    'WireKind',
  ];
  expect(exported.filter((name) => !tables.has(name)).sort()).toEqual(others);
});

describe.each(Object.entries(declared))('%s', (name, { in: file, check }) => {
  const fields = fieldsOf(`schemas/${file}`, name === 'both' ? 'Identified' : name);
  const rows = tables.get(name) ?? [];

  test('has each field, in the order of the source, with its type', () => {
    const wanted = fields.map(({ name: field, isOptional, type }) => [
      `\`${field}${isOptional ? '?' : ''}\``,
      `\`${type.replace(/ \| undefined$/, '')}\``,
    ]);
    const shown = rows.map(([field, type]) => [field, type]);
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.sort(byFirst)).toEqual(wanted.sort(byFirst));
  });

  if (check !== undefined) {
    test('has each field that is checked', () => {
      const known = rows.map(([field = '']) => field.replace(/[`?]/g, ''));
      const unknown = known.filter((field) =>
        problemsOf(check, { [field]: undefined }).some((problem) => problem.includes('not known')),
      );
      expect(unknown).toEqual([]);
      // The nearest to this name is none, so the message has the schema's own list.
      const [list = ''] = problemsOf(check, { '#': 1 }).flatMap((it) =>
        it.split('known are ').slice(1),
      );
      const own = name === 'SubmitOptions' ? [...known, 'signal'] : known;
      expect(list.split(', ').sort()).toEqual(own.sort());
    });
  }

  const examples = rows.filter((row) => row.length > 4);
  if (check !== undefined && examples.length > 0) {
    test.each(examples)('%s takes its example', (field = '', _type, _meaning, example = '') => {
      const [code = ''] = spansOf(example);
      const value: unknown = new Function('run', 'root', `return (${code})`)('an-id', 'an-id');
      const own = field.replace(/[`?]/g, '');
      const wrong = check({ [own]: value }) ?? [];
      expect(wrong.filter(({ path }) => path.split('.').includes(own))).toEqual([]);
      if (own === 'idempotencyKey') expect(checkKey(value)).toBeUndefined();
    });
  }
});

test('ActionPromise has its two fields', () => {
  const source = documentAt('src/schemas/action-promise.ts');
  const [, body = ''] = /type ActionPromise<T> = Promise<T> & \{([\s\S]*?)\n\};/.exec(source) ?? [];
  const fields = fieldsIn(body);
  expect(tables.get('ActionPromise')?.map(([field, type]) => [field, type])).toEqual(
    fields.map(({ name, isOptional, type }) => [
      `\`${name}${isOptional ? '?' : ''}\``,
      `\`${type}\``,
    ]),
  );
});

test.each(['SpanStatus', 'FinishStatus'])('%s has its words', (name) => {
  const row = rowsOf(sectionOf(page, '## Statuses')).find(([type]) => type === `\`${name}\``);
  expect(spansOf(row?.[1] ?? '')).toEqual(
    wordsOf('schemas/status.ts', name).map((it) => `'${it}'`),
  );
});

/** The methods that an object has, by its class; those of a symbol are told of in words. */
function namesOf(object: object): string[] {
  return Object.getOwnPropertyNames(Object.getPrototypeOf(object)).filter(
    (name) => name !== 'constructor',
  );
}

function problemsOf(check: Check, value: object): string[] {
  return (check(value) ?? []).map(({ message }) => message);
}

function byFirst([one = '']: readonly unknown[], [other = '']: readonly unknown[]): number {
  return String(one) < String(other) ? -1 : 1;
}
