// In a browser, pagehide sends what fits as keep-alive requests, 64 KiB in all.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { harness, TOKEN } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';
import { span } from '../helpers/spans.ts';

let listeners: ((event: object) => void)[] = [];

beforeEach(() => {
  listeners = [];
  vi.stubGlobal('onpagehide', null);
  vi.stubGlobal('addEventListener', (type: string, listener: (event: object) => void) => {
    if (type === 'pagehide') listeners.push(listener);
  });
  vi.stubGlobal('removeEventListener', (_type: string, listener: (event: object) => void) => {
    listeners = listeners.filter((other) => other !== listener);
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** All hear the same event, as in a browser. */
function leavePage(): void {
  const event = {};
  for (const listener of listeners) listener(event);
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

test('in requests of at most 16 kB, so that a browser without room for one refuses no more than that', async () => {
  const t = await harness({ batch: { window: 10_000 } });
  const calls = t.spans('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
  const large = t.span('large', { payload: { text: 'x'.repeat(20_000) } });
  const payload = { text: 'ü'.repeat(3_500) };
  const middling = ['1', '2', '3', '4'].map((name) => t.span(name, { payload }));
  leavePage();
  await t.settled();
  expect(await outcomes(...calls, large, ...middling)).toEqual(Array(13).fill('ok'));
  const sizes = t.sent.map(({ body, items }) => [items.length, new Blob([body]).size] as const);
  expect(sizes.length).toBeGreaterThan(2);
  for (const [items, bytes] of sizes) if (items > 1) expect(bytes).toBeLessThanOrEqual(16_000);
  // What is larger by itself travels alone.
  expect(sizes.filter(([, bytes]) => bytes > 16_000).map(([items]) => items)).toEqual([1]);
});

test('clients of one page share its budget', async () => {
  const t = await harness({ batch: { window: 10_000 } });
  const other = t.newClient({ batch: { window: 10_000 } });
  const payload = { text: 'x'.repeat(15_000) };
  const mine = ['1', '2', '3'].map((name) => t.span(name, { payload }));
  const others = ['4', '5', '6'].map((name) => other.agentSpans.create(span(name, { payload })));
  leavePage();
  await t.settled();
  expect(await outcomes(...mine, ...others)).toEqual(Array(6).fill('ok'));
  const kept = t.sent.filter(({ request }) => request.keepalive);
  expect(kept.flatMap(({ items }) => items)).toHaveLength(4);
});

test('a token function is not asked: the page is not there to hear of another one', async () => {
  let asked = 0;
  const t = await harness({
    batch: { window: 10_000 },
    apiToken: () => (asked++ === 0 ? TOKEN : new Promise(() => {})),
  });
  const early = t.span('a');
  await t.settled();
  const late = t.span('b');
  leavePage();
  await t.settle();
  expect(t.batches()).toEqual([['a'], ['b']]);
  expect(asked).toBe(1);
  await t.settled();
  expect(await outcomes(early, late)).toEqual(['ok', 'ok']);
});

test('unless none was given yet', async () => {
  const apiToken = vi.fn(() => TOKEN);
  const t = await harness({ batch: { window: 10_000 }, apiToken });
  const call = t.span('a');
  leavePage();
  await t.settled();
  expect(apiToken).toHaveBeenCalledTimes(1);
  expect(await outcomes(call)).toEqual(['ok']);
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
