// One bad item hurts only its own caller, also where it sinks a whole request.
import { expect, test } from 'vitest';
import { PrefactorRetryExhaustedError, PrefactorValidationError } from '../../src/index.ts';
import { harness, TOKEN } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { keyOf } from '../helpers/spans.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `s${n}`);

test('an item for which whole requests are refused is found, and rejects alone', async () => {
  const t = await harness({ batch: { concurrency: 1 } });
  t.emulator.faults.poison(keyOf('s37'), { kind: 'status', status: 422 });
  const calls = names(100).map((name) => t.span(name));
  await t.settled();
  const ends = await outcomes(...calls);
  expect(ends.filter((end) => end !== 'ok')).toHaveLength(1);
  expect(await failureOf(calls[37] as Promise<unknown>)).toBeInstanceOf(PrefactorValidationError);
  expect(t.batches().length).toBeLessThanOrEqual(15);
  expect(t.client.stats().bisected).toBeGreaterThan(0);
});

test('an item that makes the server fall takes nobody with it', async () => {
  const t = await harness();
  t.emulator.faults.poison(keyOf('s37'), { kind: 'status', status: 500 });
  const calls = names(100).map((name) => t.span(name));
  await t.settled();
  const ends = await outcomes(...calls);
  expect(ends.filter((end) => end !== 'ok')).toHaveLength(1);
  const error = await failureOf(calls[37] as Promise<unknown>);
  expect(error).toBeInstanceOf(PrefactorRetryExhaustedError);
  expect(error).toMatchObject({ maybeApplied: true, cause: { status: 500 } });
});

test('a server that takes fewer bytes than we send is learned, and all calls resolve', async () => {
  const t = await harness({ batch: { concurrency: 1 } }, { maxBytes: 10_000 });
  t.allowBreaches();
  const calls = names(500).map((name) => t.span(name, { payload: { text: 'x'.repeat(300) } }));
  await t.settled();
  expect(new Set(await outcomes(...calls))).toEqual(new Set(['ok']));
  const refused = t.emulator.report().batches.filter(({ status }) => status === 413);
  expect(refused.length).toBeLessThanOrEqual(12);
});

test('a server that takes fewer items than we send is learned, and all calls resolve', async () => {
  const t = await harness({ batch: { concurrency: 1 } }, { maxItems: 30 });
  t.allowBreaches();
  const calls = names(1_000).map((name) => t.span(name));
  await t.settled();
  expect(new Set(await outcomes(...calls))).toEqual(new Set(['ok']));
  expect(t.batches().length).toBeLessThan(80);
});

test('a server that takes few requests at once is learned, and all calls resolve', async () => {
  const t = await harness({ batch: { maxItems: 5 } }, { maxInFlight: 3 });
  const calls = names(1_000).map((name) => t.span(name));
  await t.settled();
  expect(new Set(await outcomes(...calls))).toEqual(new Set(['ok']));
});

test('a token function is asked once more when its token is refused', async () => {
  const tokens = ['an-old-token', TOKEN];
  const t = await harness({ apiToken: () => tokens.shift() ?? TOKEN });
  t.allowBreaches();
  const [a, b] = t.spans('a', 'b');
  await t.settled();
  expect(await outcomes(a, b)).toEqual(['ok', 'ok']);
  expect(t.sent).toHaveLength(2);
});
