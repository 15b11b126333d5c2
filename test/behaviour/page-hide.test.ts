// design.md 7: in a browser, pagehide sends what fits as keep-alive requests, 64 KiB in all.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { harness } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';

let listeners: (() => void)[] = [];

beforeEach(() => {
  listeners = [];
  vi.stubGlobal('onpagehide', null);
  vi.stubGlobal('addEventListener', (type: string, listener: () => void) => {
    if (type === 'pagehide') listeners.push(listener);
  });
  vi.stubGlobal('removeEventListener', (_type: string, listener: () => void) => {
    listeners = listeners.filter((other) => other !== listener);
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function leavePage(): void {
  for (const listener of listeners) listener();
}

test('what is gathered leaves at once, in a request that outlives the page', async () => {
  const t = await harness({ batch: { window: 10_000 } });
  const calls = t.spans('a', 'b');
  leavePage();
  await t.settle();
  expect(t.batches()).toEqual([['a', 'b']]);
  expect(t.sent[0]?.request.keepalive).toBe(true);
  await t.settled();
  expect(await outcomes(...calls)).toEqual(['ok', 'ok']);
});

test('also while other requests are in flight', async () => {
  const t = await harness({ batch: { concurrency: 1 } });
  const a = t.span('a');
  await t.pass(5);
  const b = t.span('b');
  leavePage();
  await t.settle();
  expect(t.batches()).toEqual([['a'], ['b']]);
  expect(t.sent.map(({ request }) => request.keepalive)).toEqual([false, true]);
  await t.settled();
  expect(await outcomes(a, b)).toEqual(['ok', 'ok']);
});

test('64 KiB in all; what does not fit leaves as usual, should the page come back', async () => {
  const t = await harness({ batch: { window: 10_000, maxItems: 2 } });
  const text = 'x'.repeat(15_000);
  const calls = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => t.span(name, { payload: { text } }));
  // The first four leave as full batches, of their own.
  await t.settled();
  const late = ['1', '2', '3', '4', '5'].map((name) => t.span(name, { payload: { text } }));
  leavePage();
  await t.settled();
  expect(await outcomes(...calls, ...late)).toEqual(Array(11).fill('ok'));
  const kept = t.sent.filter(({ request }) => request.keepalive);
  const bytes = kept.reduce((sum, { body }) => sum + body.length, 0);
  expect(bytes).toBeLessThanOrEqual(65_536);
});

test('with nothing pending nothing is sent', async () => {
  const t = await harness();
  leavePage();
  await t.settled();
  expect(t.sent).toEqual([]);
});

test('after close nothing listens any more', async () => {
  const t = await harness();
  expect(listeners).toHaveLength(1);
  await t.client.close();
  expect(listeners).toEqual([]);
});
