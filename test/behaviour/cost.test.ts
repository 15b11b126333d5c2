// What calls cost in requests. What failures add: request-count.test.ts.
import { expect, test } from 'vitest';
import { harness } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';

test('100 calls in one tick are one request', async () => {
  const t = await harness();
  const calls = Array.from({ length: 100 }, (_, index) => t.span(`${index}`));
  await t.settled();
  expect(await outcomes(...calls)).toEqual(calls.map(() => 'ok'));
  expect(t.batches().map((batch) => batch.length)).toEqual([100]);
});

test('calls of many tasks of one tick share a request too', async () => {
  const t = await harness();
  const agents = Array.from({ length: 20 }, async (_, index) => {
    await Promise.resolve();
    await null;
    return t.span(`${index}`);
  });
  await t.settled();
  expect(await outcomes(...agents)).toEqual(agents.map(() => 'ok'));
  expect(t.batches().map((batch) => batch.length)).toEqual([20]);
});

test('a window of milliseconds gathers, counted from its first call', async () => {
  const t = await harness({ batch: { window: 50 } });
  void t.span('a');
  await t.pass(30);
  void t.span('b');
  await t.pass(19);
  expect(t.batches()).toEqual([]);
  await t.pass(1);
  expect(t.batches()).toEqual([['a', 'b']]);
  await t.settled();
});

test("a user's own window ends when it says so", async () => {
  let flushWindow = (): void => {};
  const t = await harness({
    batch: {
      window: (flush) => {
        flushWindow = flush;
      },
    },
  });
  void t.spans('a', 'b');
  await t.pass(10_000);
  expect(t.batches()).toEqual([]);
  flushWindow();
  await t.settled();
  expect(t.batches()).toEqual([['a', 'b']]);
});

test('a full batch leaves before its window ends', async () => {
  const t = await harness({ batch: { window: 10_000, maxItems: 3 } });
  void t.spans('a', 'b', 'c');
  await t.settle();
  expect(t.batches()).toEqual([['a', 'b', 'c']]);
  void t.span('d');
  await t.settled();
});

test('a steady trickle does not starve, and fills batches while others are in flight', async () => {
  const t = await harness({}, { latencyMs: 100 });
  const calls: Promise<unknown>[] = [];
  for (const index of Array.from({ length: 50 }).keys()) {
    calls.push(t.span(`${index}`));
    await t.pass(5);
  }
  // The longest wait is 20 ms, and a round trip takes 100.
  expect(t.client.stats().oldestMs).toBeLessThanOrEqual(125);
  await t.settled();
  expect(await outcomes(...calls)).toEqual(calls.map(() => 'ok'));
  expect(t.batches().length).toBeLessThanOrEqual(15);
});

test('a call waits for a fuller batch no longer than two thirds of the fastest round trip', async () => {
  let latencyMs = 6;
  const t = await harness({}, { latencyMs: () => latencyMs });
  void t.span('first');
  await t.settled();
  latencyMs = 100;
  void t.span('slow');
  await t.settle();
  void t.span('next');
  await t.pass(3);
  expect(t.batches()).toEqual([['first'], ['slow']]);
  await t.pass(1);
  expect(t.batches()).toEqual([['first'], ['slow'], ['next']]);
  await t.settled();
});

test('no request is larger than maxBytes, counted to the byte; a larger item travels alone', async () => {
  const t = await harness({ batch: { maxBytes: 2_000 } });
  const sizes = [300, 600, 900, 1_500, 5_000, 10, 10, 400, 1_900, 700, 700];
  const calls = sizes.map((size, index) =>
    t.span(`${index}`, { payload: { text: 'é'.repeat(size / 2) } }),
  );
  await t.settled();
  expect(await outcomes(...calls)).toEqual(calls.map(() => 'ok'));
  const { batches, bytes } = t.emulator.report();
  for (const batch of batches) {
    if (batch.keys.length > 1) expect(batch.bytes).toBeLessThanOrEqual(2_000);
  }
  expect(batches.filter((batch) => batch.bytes > 2_000).map(({ keys }) => keys.length)).toEqual([
    1, 1,
  ]);
  const sentBytes = t.client.stats().bytes;
  const registered = bytes - batches.reduce((sum, batch) => sum + batch.bytes, 0);
  expect(sentBytes).toBe(bytes - registered);
});

test('never more requests in flight than concurrency', async () => {
  const t = await harness({ batch: { maxItems: 2, concurrency: 3 } });
  const calls = Array.from({ length: 40 }, (_, index) => t.span(`${index}`));
  await t.settled();
  expect(await outcomes(...calls)).toEqual(calls.map(() => 'ok'));
  expect(t.emulator.report().peakInFlight).toBe(3);
});
