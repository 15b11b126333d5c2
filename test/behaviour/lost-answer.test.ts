// No usable answer: 408, 425, other 5xx, a dropped connection, a time-out, an unreadable or malformed body.
import { describe, expect, test } from 'vitest';
import { PrefactorContractError, PrefactorRetryExhaustedError } from '../../src/index.ts';
import type { Fault } from '../../src/testing/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { keyOf } from '../helpers/spans.ts';

const attemptTimeoutMs = 1_000;

const lost: readonly (readonly [string, Fault])[] = [
  ...[408, 425, 500, 502, 503, 504, 599].map(
    (status) => [`${status}`, { kind: 'status', status }] as const,
  ),
  ['500 after the work', { kind: 'status', status: 500, afterWork: true }],
  ['a connection that breaks before the work', { kind: 'dropBefore' }],
  ['a connection that breaks after the work', { kind: 'dropAfter' }],
  ['a connection that breaks within the answer', { kind: 'dropMiddle' }],
  ['an answer that ends early', { kind: 'truncate' }],
  ['an answer of one character', { kind: 'truncate', length: 1 }],
  ['a page instead of an answer', { kind: 'html' }],
  ['a page after the work', { kind: 'html', status: 200, afterWork: true }],
  ['a time-out before the work', { kind: 'delay', delayMs: 5_000 }],
  ...[
    '',
    'null',
    '[]',
    '{}',
    '"outputs"',
    '{"outputs":null}',
    '{"outputs":[]}',
    '{"outputs":1}',
  ].map(
    (body) =>
      [
        `the body ${JSON.stringify(body)}`,
        { kind: 'status', status: 200, body, afterWork: true },
      ] as const,
  ),
];

test.each(lost)('%s: repeated with the same keys and bytes, and one effect', async (_, fault) => {
  const t = await harness({ attemptTimeoutMs });
  const retries: unknown[] = [];
  t.client.on('retry', (detail) => retries.push(detail));
  t.emulator.faults.next(fault);
  const root = t.span('root', { status: 'active' });
  const child = t.span('child', { parentSpanId: root });
  const end = t.client.agentSpans.finish(root, { idempotencyKey: keyOf('end') });
  await t.settled();
  expect(await outcomes(root, child, end)).toEqual(['ok', 'ok', 'ok']);
  expect((await root).id).toBe(root.id);
  const [first, second] = t.sent;
  expect(second?.body).toBe(first?.body);
  const { effects } = t.emulator.report();
  expect(['root', 'child', 'end'].map((name) => effects.get(keyOf(name)))).toEqual([1, 1, 1]);
  expect(retries).toEqual(
    ['root', 'child', 'end'].map((name) =>
      expect.objectContaining({ key: keyOf(name), attempts: 1, reason: 'lost' }),
    ),
  );
  expect(t.client.stats()).toMatchObject({ requests: 2, retried: 3 });
});

test('a time-out after the work: the answer of the repetition is the stored one', async () => {
  // Half of the round trip passes before the work, half of it after.
  let latencyMs = 1_500;
  const t = await harness({ attemptTimeoutMs }, { latencyMs: () => latencyMs });
  const a = t.span('a');
  await t.pass(10);
  latencyMs = 20;
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
  expect(t.emulator.report()).toMatchObject({ replays: 1 });
});

test('a call that was done, and whose answer was lost, does not pass for refused', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'dropAfter' });
  const [a, b] = t.spans('a', 'b');
  await t.settled();
  expect(await outcomes(a, b)).toEqual(['ok', 'ok']);
});

describe('an answer after one that was lost', () => {
  test('is definite where it is no conflict', async () => {
    const t = await harness();
    t.emulator.faults.next({ kind: 'dropBefore' });
    t.refuse('a');
    const a = t.span('a');
    await t.settled();
    expect(await failureOf(a)).toMatchObject({
      name: 'PrefactorValidationError',
      maybeApplied: false,
    });
  });

  test.each(['conflict', 'invalid_action'])('%s may be our own doing', async (code) => {
    const t = await harness();
    t.emulator.faults.next({ kind: 'dropBefore' });
    t.refuse('a', { code });
    const a = t.span('a');
    await t.settled();
    expect(await failureOf(a)).toMatchObject({
      name: 'PrefactorConflictError',
      maybeApplied: true,
      message: expect.stringContaining('had no answer'),
    });
  });
});

describe('an item that makes the server fall, while others are answered,', () => {
  test('rejects when its attempts are used up', async () => {
    const t = await harness({ batch: { maxItems: 1 }, retry: { limit: 3 } });
    t.emulator.faults.poison(keyOf('a'));
    const [a, b] = t.spans('a', 'b');
    await t.settled();
    expect(await outcomes(b)).toEqual(['ok']);
    const error = await failureOf(a);
    expect(error).toBeInstanceOf(PrefactorRetryExhaustedError);
    const attempts = t.emulator.report().attempts.get(keyOf('a'));
    expect(error).toMatchObject({
      code: 'RETRY_EXHAUSTED',
      attempts,
      maybeApplied: true,
      idempotencyKey: keyOf('a'),
      cause: { name: 'PrefactorApiError', status: 500 },
      message: expect.stringMatching(/attempts \(last: status 500, see cause\)/),
    });
    expect(t.client.stats().ledger).toMatchObject({ succeeded: 1, inDoubt: 1 });
  });

  test('is told from an outage by a ping where it is alone', async () => {
    const t = await harness({ retry: { limit: 3 } });
    t.emulator.faults.poison(keyOf('a'));
    const a = t.span('a');
    await t.settled();
    expect(await failureOf(a)).toBeInstanceOf(PrefactorRetryExhaustedError);
    expect(t.emulator.report().requests.byPath['GET /api/v1/ping']).toBeGreaterThan(0);
  });

  test('rejects with PrefactorContractError where its answers are unreadable', async () => {
    const t = await harness({ batch: { maxItems: 1 }, retry: { limit: 2 } });
    t.emulator.faults.poison(keyOf('a'), { kind: 'html', status: 200 });
    const [a, b] = t.spans('a', 'b');
    await t.settled();
    expect(await outcomes(b)).toEqual(['ok']);
    const error = await failureOf(a);
    expect(error).toBeInstanceOf(PrefactorContractError);
    expect(error).toMatchObject({
      maybeApplied: true,
      bodySnippet: expect.stringMatching(/<html/i),
    });
  });
});

test('callers of one failed request have an error each, and one cause', async () => {
  const t = await harness({ retry: { limit: 1 } });
  t.emulator.faults.poison(keyOf('a'));
  const [a, b, c] = [t.span('a'), t.span('b'), t.span('a')];
  await t.settled();
  const errors = (await Promise.all([a, c].map(failureOf))) as Error[];
  expect(errors[0]).not.toBe(errors[1]);
  expect(errors[0]?.cause).toBe(errors[1]?.cause);
  expect(await outcomes(b)).toHaveLength(1);
});

test('a retry goes before anything younger that depends on it', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'dropAfter' });
  const root = t.span('root', { status: 'active' });
  await t.pass(5);
  const child = t.span('child', { parentSpanId: root });
  await t.settled();
  expect(await outcomes(root, child)).toEqual(['ok', 'ok']);
});
