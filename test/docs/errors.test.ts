import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { columnOf } from '../../src/coalescer/calls/ledger.ts';
import type { LastAttempt, Reason } from '../../src/coalescer/ports/reason.ts';
import { apiError } from '../../src/errors/api-error.ts';
import type { AttemptFailure } from '../../src/errors/attempt-failure.ts';
import { createToError } from '../../src/errors/from-reason.ts';
import type { AnyPrefactorError } from '../../src/index.ts';
import * as names from '../../src/index.ts';
import { AutobatchClient, isPrefactorError, PrefactorError } from '../../src/index.ts';
import { wordsOf } from './declared.ts';
import { documentAt, rowsOf, sectionOf, spansOf } from './markdown.ts';

const document = documentAt('docs/reference/errors.md');
const key = 'k_4f7Qd2';
const toError = createToError((text) => text, 'client');

const noJson: AttemptFailure = {
  kind: 'contract',
  status: 200,
  requestId: undefined,
  problem: 'no JSON',
  bodySnippet: '<html>',
};
const unsaid = {
  apiCode: undefined,
  apiMessage: undefined,
  errors: undefined,
  status: undefined,
  requestId: undefined,
};
const connectionReset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

interface Row {
  readonly name: string;
  readonly code: string;
  readonly fields: readonly string[];
  readonly maybeApplied: string;
  readonly columns: readonly string[];
}

const rows = rowsOf(sectionOf(document, '## All of them')).map(
  ([name = '', code = '', fields = '', maybeApplied = '', columns = '']): Row => ({
    name: spansOf(name)[0] ?? '',
    code: spansOf(code)[0] ?? '',
    fields: spansOf(fields),
    maybeApplied,
    columns: spansOf(columns),
  }),
);

/** The classes that users can import, but for the root. */
const classes = Object.entries(names).filter(
  ([, value]) => typeof value === 'function' && value.prototype instanceof PrefactorError,
);

const samples = sampleErrors();

describe('the table', () => {
  test('has a row for each class that is exported, and for no other', () => {
    expect(rows.map((row) => row.name).sort()).toEqual(classes.map(([name]) => name).sort());
  });

  test('has each code once', () => {
    const codes = wordsOf('errors/error-classes.ts', 'PrefactorErrorCode');
    expect(rows.map((row) => row.code).sort()).toEqual(codes.sort());
  });

  test.each(classes)('%s has its name, its code and its own fields', (name) => {
    const error = samples[name];
    if (error === undefined) throw new Error(`there is no sample of ${name}`);
    const common = ['stack', 'message', 'cause', 'code', 'maybeApplied', 'idempotencyKey'];
    const own = Reflect.ownKeys(error).filter((field) => !common.includes(String(field)));
    const row = rows.find((one) => one.name === name);
    expect({ name: error.name, code: error.code, fields: own.sort() }).toEqual({
      name,
      code: row?.code,
      fields: [...(row?.fields ?? [])].sort(),
    });
  });
});

describe('what a class means', () => {
  const seen = new Map<string, { maybeApplied: Set<boolean>; columns: Set<string> }>();
  for (const reason of reasons()) {
    const error = toError(reason, key);
    if (!isPrefactorError(error)) continue;
    const meaning = seen.get(error.name) ?? { maybeApplied: new Set(), columns: new Set() };
    meaning.maybeApplied.add(error.maybeApplied);
    meaning.columns.add(columnOf(reason));
    seen.set(error.name, meaning);
  }
  // What is never accepted is counted as such, whatever its error says.
  const unaccepted = ['PrefactorClosedError', 'PrefactorInvalidArgumentError'];

  test.each(rows)('$name says of maybeApplied what the table says', ({ name, maybeApplied }) => {
    const values = seen.get(name)?.maybeApplied ?? new Set([false]);
    expect(values.size === 2 ? 'either' : String([...values][0])).toBe(maybeApplied);
  });

  test.each(rows)('$name is counted as the table says', ({ name, columns }) => {
    const counted = new Set(seen.get(name)?.columns);
    if (unaccepted.includes(name)) counted.add('declined');
    expect([...columns].sort()).toEqual([...counted].sort());
  });
});

describe('the answers of the API', () => {
  const answers = rowsOf(sectionOf(document, '## Which class an answer of the API has')).map(
    ([statuses = '', codes = '', name = '']) => ({
      name: spansOf(name)[0] ?? '',
      statuses: [...statuses.matchAll(/\d{3}/g)].map(([status]) => Number(status)),
      codes: spansOf(codes),
    }),
  );

  test.each(answers)('$statuses and $codes are a $name', ({ name, statuses, codes }) => {
    const all = [
      ...statuses.map((status) => apiError({ ...unsaid, status }, false).name),
      ...codes.map((apiCode) => apiError({ ...unsaid, apiCode }, false).name),
    ];
    expect(new Set(all)).toEqual(new Set([name]));
  });

  test('each status and code that has a class is in the table', () => {
    const source = readFileSync(new URL('../../src/errors/api-error.ts', import.meta.url), 'utf8');
    const known = [...source.matchAll(/^ {2}\['?(\w+)'?, '/gm)].map(([, name]) => name);
    const shown = answers
      .filter(({ name }) => name !== 'PrefactorApiError')
      .flatMap(({ statuses, codes }) => [...statuses.map(String), ...codes]);
    expect(shown.sort()).toEqual(known.sort());
  });
});

describe('each class has a part of its own', () => {
  test.each(rows)('$name, with a message as it is', ({ name }) => {
    const part = sectionOf(document, `### \`${name}\``);
    const [, shown = ''] = /```text\n([\s\S]*?)\n```/.exec(part) ?? [];
    expect(shown.replace(/\n/g, ' ')).toBe(samples[name]?.message);
  });

  test.each(rows)('$name, with its own fields', ({ name, fields }) => {
    const part = sectionOf(document, `### \`${name}\``);
    const inherited = ['apiCode', 'apiMessage', 'errors', 'status', 'requestId'];
    const missing = fields
      .filter((field) => name === 'PrefactorApiError' || !inherited.includes(field))
      .filter((field) => !part.includes(`\`${field}\``));
    expect(missing).toEqual([]);
  });
});

/** Everything that the engine may say, as far as it picks a class or a column. */
function reasons(): Reason<AttemptFailure>[] {
  const both = [false, true];
  const said = [400, 401, 404, 409, 413].map(statusFailure);
  const token: AttemptFailure = { kind: 'token', cause: undefined };
  const lasts: (LastAttempt<AttemptFailure> | undefined)[] = [
    undefined,
    { kind: 'failure', failure: { kind: 'connection', cause: undefined } },
    { kind: 'failure', failure: { kind: 'timeout', ms: 1 } },
    { kind: 'failure', failure: statusFailure(500) },
    { kind: 'output', output: { code: 'temporarily_unavailable' } },
  ];
  return [
    ...both.flatMap((maybeApplied): Reason<AttemptFailure>[] => [
      ...[...said, token].map(
        (failure): Reason<AttemptFailure> => ({ kind: 'refused', failure, maybeApplied }),
      ),
      { kind: 'skipped', because: { key, reason: itemError('x') }, maybeApplied },
      { kind: 'dependency', resourceId: undefined, because: 'declined', maybeApplied },
      ...lasts.map(
        (last): Reason<AttemptFailure> => ({
          kind: 'exhausted',
          limit: 'attempts',
          attempts: 1,
          last,
          maybeApplied,
        }),
      ),
      { kind: 'closed', maybeApplied },
    ]),
    // A body that cannot be used comes in the answer to what may have been done.
    {
      kind: 'exhausted',
      limit: 'attempts',
      attempts: 1,
      last: { kind: 'failure', failure: noJson },
      maybeApplied: true,
    },
    { kind: 'contract', problem: 'missing output', output: undefined, maybeApplied: true },
    { kind: 'conflict', maybeApplied: false },
    { kind: 'full', bound: 'items', limit: 1, maybeApplied: false },
    { kind: 'aborted', reason: new Error('by the caller'), maybeApplied: false },
  ];
}

/** An error of each class. */
function sampleErrors(): Record<string, AnyPrefactorError | undefined> {
  const failed: Reason<AttemptFailure>[] = [
    { kind: 'refused', failure: statusFailure(413), maybeApplied: false },
    { kind: 'refused', failure: statusFailure(401), maybeApplied: false },
    itemError('not_found'),
    itemError('validation_errors', 'is invalid'),
    itemError('invalid_action'),
    {
      kind: 'exhausted',
      limit: 'attempts',
      attempts: 10,
      last: { kind: 'failure', failure: { kind: 'connection', cause: connectionReset } },
      maybeApplied: true,
    },
    {
      kind: 'exhausted',
      limit: 'attempts',
      attempts: 10,
      last: { kind: 'failure', failure: noJson },
      maybeApplied: true,
    },
    { kind: 'skipped', because: { key, reason: itemError('x') }, maybeApplied: false },
    {
      kind: 'dependency',
      resourceId: '01hzs0',
      because: { key, reason: itemError('x') },
      maybeApplied: false,
    },
    { kind: 'conflict', maybeApplied: false },
    { kind: 'full', bound: 'items', limit: 100_000, maybeApplied: false },
    { kind: 'closed', maybeApplied: false },
  ];
  const errors = [...failed.map((reason) => toError(reason, key)), wrongOptions()];
  return Object.fromEntries(errors.filter(isPrefactorError).map((error) => [error.name, error]));
}

function statusFailure(status: number): AttemptFailure {
  return {
    kind: 'status',
    status,
    apiCode: status === 401 ? 'bad_authtoken' : undefined,
    requestId: undefined,
    apiMessage: status === 413 ? 'Request Entity Too Large' : undefined,
    errors: undefined,
  };
}

function itemError(code: string, message?: string): Reason<AttemptFailure> {
  const errors = code === 'validation_errors' ? { payload: ['is too deep'] } : undefined;
  return { kind: 'error', output: { status: 'error', code, message, errors }, maybeApplied: false };
}

function wrongOptions(): unknown {
  try {
    const options = { apiToken: 'test-token', batch: { maxItem: 5 } };
    return Reflect.construct(AutobatchClient, [options]);
  } catch (error) {
    return error;
  }
}
