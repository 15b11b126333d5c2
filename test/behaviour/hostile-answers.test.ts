// Hostile answers harm nothing and leak nothing.
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Harness } from '../helpers/harness.ts';
import { harness, TOKEN } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { keyOf } from '../helpers/spans.ts';

/** The server's next answer to a bulk request, as text. */
function answerWith(t: Harness, body: string, status = 200): void {
  t.emulator.faults.next({ kind: 'status', status, body });
}

function output(id: string, more = ''): string {
  return `{"status":"success","details":{"id":"${id}"${more}}}`;
}

test('keys that objects inherit are no outputs', async () => {
  const t = await harness();
  const [a, b] = t.spans('a', 'b');
  answerWith(
    t,
    `{"status":"success","outputs":{"__proto__":{"${keyOf('b')}":${output('evil')}},
      "constructor":${output('evil')},"toString":1,"0":${output('evil')},
      "${keyOf('a')}":${output(a.id ?? '')}}}`,
  );
  await t.settled();
  expect((await a).id).toBe(a.id);
  expect((await b).id).toBe(b.id);
  expect(({} as Record<string, unknown>)[keyOf('b')]).toBeUndefined();
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '12345678', '99999999'])(
  'a call of the key %s gets its own output, and nothing that is inherited',
  async (idempotencyKey) => {
    const t = await harness();
    const a = t.span('a');
    const odd = t.span('odd', { idempotencyKey: idempotencyKey.padEnd(8, '_') });
    const b = t.span('b');
    await t.settled();
    for (const call of [a, odd, b]) expect((await call).id).toBe(call.id);
  },
);

test('fields of a result cannot change what it inherits', async () => {
  const t = await harness();
  const a = t.span('a');
  const more = ',"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"control":9';
  answerWith(t, `{"status":"success","outputs":{"${keyOf('a')}":${output(a.id ?? '', more)}}}`);
  await t.settled();
  const result = await a;
  expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  expect(result).not.toHaveProperty('polluted');
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

describe('an output that cannot be read', () => {
  test.each([
    ['null', 'null'],
    ['a number', '5'],
    ['a text', '"success"'],
    ['a list', '[]'],
    ['without details', '{"status":"success"}'],
    ['of details that are a list', '{"status":"success","details":[]}'],
    ['without an id', '{"status":"success","details":{}}'],
    ['of an id that is a number', '{"status":"success","details":{"id":5}}'],
    ['of an empty id', '{"status":"success","details":{"id":""}}'],
  ])('%s rejects that call alone', async (_, text) => {
    const t = await harness();
    const [a, b] = t.spans('a', 'b');
    answerWith(
      t,
      `{"status":"success","outputs":{"${keyOf('a')}":${text},"${keyOf('b')}":${output(b.id ?? '')}}}`,
    );
    await t.settled();
    const error = await failureOf(a);
    expect(error).toMatchObject({
      name: 'PrefactorContractError',
      maybeApplied: true,
      idempotencyKey: keyOf('a'),
    });
    expect(await outcomes(b)).toEqual(['ok']);
  });
});

test.each([
  ['no status', '{"code":"x"}'],
  ['a status that is no word of ours', '{"status":"pending","details":{"id":"x"}}'],
  ['a status of another type', '{"status":["success"],"details":{"id":"x"}}'],
  ['no object', '"success"'],
])('an output of %s leaves its item in doubt, and nobody else', async (_, text) => {
  const t = await harness();
  const [a, b, c] = t.spans('a', 'b', 'c');
  const [ok] = [`{"status":"success","details":{"id":"b-of-theirs"}}`];
  answerWith(t, `{"status":"success","outputs":{"${keyOf('a')}":${text},"${keyOf('b')}":${ok}}}`);
  await t.settled();
  expect(await outcomes(a, b, c)).toEqual(['PrefactorContractError', 'ok', 'ok']);
  expect(await failureOf(a)).toMatchObject({ maybeApplied: true });
  expect(t.client.stats().ledger).toMatchObject({ inDoubt: 1, succeeded: 2 });
});

test.each([
  ['a code that is an object', '{"status":"error","code":{"a":1},"message":["x"]}'],
  ['nothing else', '{"status":"error"}'],
])('an output of %s is an error', async (_, text) => {
  const t = await harness();
  const a = t.span('a');
  answerWith(t, `{"status":"success","outputs":{"${keyOf('a')}":${text}}}`);
  await t.settled();
  expect(await outcomes(a)).toEqual(['PrefactorApiError']);
});

test.each([
  ['of another type', '{"terminate":"yes","reason":{}}'],
  ['a list', '[true]'],
  ['a text', '"terminate"'],
  ['of a reason that is an object', '{"terminate":true,"reason":{"a":1}}'],
])('a control that is %s harms nothing', async (_, control) => {
  const t = await harness();
  const told: unknown[] = [];
  t.client.on('terminate', ({ reason }) => told.push(reason));
  const a = t.span('a');
  answerWith(
    t,
    `{"outputs":{"${keyOf('a')}":{"status":"success","details":{"id":"${a.id}"},"control":${control}}}}`,
  );
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
  for (const reason of told) expect(reason).toBeNull();
});

test('deep nesting harms nothing', async () => {
  const t = await harness();
  const depth = 100_000;
  const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const [a, b] = t.spans('a', 'b');
  answerWith(
    t,
    `{"outputs":{"${keyOf('a')}":${output(a.id ?? '', `,"payload":{"deep":${deep}}`)},"${keyOf('b')}":{"status":"error","code":"no","errors":${deep}}}}`,
  );
  await t.settled();
  expect(await outcomes(a, b)).toEqual(['ok', 'PrefactorApiError']);
});

test('a huge answer is read to a bound', async () => {
  const t = await harness();
  const huge = 'x'.repeat(1_000_000);
  const a = t.span('a');
  answerWith(t, `{"status":"error","code":"${huge}","message":"${huge}"}`, 418);
  await t.settled();
  const error = (await failureOf(a)) as Error;
  expect(error.message.length).toBeLessThan(2_000);
});

describe('a token that the server echoes', () => {
  const echo = `leaked ${TOKEN} here`;
  const body = JSON.stringify({
    status: 'error',
    code: TOKEN,
    message: echo,
    errors: { [TOKEN]: [echo], deep: { er: [{ echo }] } },
  });
  const outputs = (text: string): string => `{"outputs":{"${keyOf('a')}":${text}}}`;

  test.each([
    ['in an output', outputs(body), 200],
    ['in a refused request', body, 422],
    ['in a refused token', body, 401],
    ['in a page', `<html>${echo}</html>`, 404],
    ['in an unreadable answer', echo, 200],
    ['in a broken output', outputs(`[${JSON.stringify(echo)}]`), 200],
    ['in a server error', body, 500],
  ])('%s is in no error, log or event', async (_, text, status) => {
    const t = await harness({ deliveryTimeoutMs: 20_000, retry: { limit: 2 } });
    const seen: unknown[] = [];
    for (const name of ['dispatch', 'response', 'requeue', 'retry', 'idle', 'terminate'] as const) {
      t.client.on(name, (detail) => seen.push(detail));
    }
    t.emulator.faults.next(
      { kind: 'status', status, body: text },
      { times: Number.POSITIVE_INFINITY },
    );
    const root = t.span('a', { status: 'active' });
    const child = t.span('child', { parentSpanId: root });
    await t.settled();
    for (const call of [root, child]) seen.push(...errorsOf(await failureOf(call)));
    seen.push(t.log.entries);
    expect(inspect(seen, { depth: 20, showHidden: true, maxStringLength: null })).not.toContain(
      TOKEN,
    );
    expect(JSON.stringify(seen)).not.toContain(TOKEN);
  });

  /** An error, its causes, and what it says of itself. */
  function errorsOf(error: unknown): unknown[] {
    if (!(error instanceof Error)) return [error];
    return [error, error.message, error.stack, ...errorsOf(error.cause)];
  }
});

describe.each([
  [200, 'as any other'],
  [201, 'as a missing one'],
  [3_000_000, 'as a missing one'],
])('an id of %i characters', (length, how) => {
  const id = 'n'.repeat(length);

  test(`counts ${how}, and nobody who waits for it is sent with it otherwise`, async () => {
    const t = await harness({ ids: 'server' });
    const span = t.span('a');
    const finish = t.client.agentSpans.finish(span);
    answerWith(t, `{"status":"success","outputs":{"${keyOf('a')}":${output(id)}}}`);
    await t.settled();
    expect(await outcomes(span, finish)).toEqual(
      length === 200
        ? ['ok', 'PrefactorValidationError']
        : ['PrefactorContractError', 'PrefactorDependencyError'],
    );
  });

  test(`counts ${how} in the answer to an action of any type`, async () => {
    const t = await harness();
    const action = { _type: 'agents/list', idempotency_key: keyOf('a') };
    const listed = t.client.submit(action, { makes: 'agents' });
    const used = t.client.submit({ _type: 'agents/list' }, { uses: ['agents'] });
    answerWith(t, `{"status":"success","outputs":{"${keyOf('a')}":${output(id)}}}`);
    await t.settled();
    // With another id than it was called by, what was made is another thing.
    expect(await outcomes(listed, used)).toEqual([
      'ok',
      length === 200 ? 'PrefactorDependencyError' : 'ok',
    ]);
  });
});
