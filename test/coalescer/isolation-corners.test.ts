import { expect, test } from 'vitest';
import { endsOf, engineUnderTest } from '../helpers/engine.ts';

test('a packed batch waits for a pause that was made longer meanwhile', async () => {
  const t = engineUnderTest({ maxItems: 1 });
  void t.call('a');
  void t.call('b');
  await t.clock.settle();
  t.wire.parked[0]?.beBusy(1_000);
  await t.clock.settle();
  void t.engine.execute({ keys: ['x'], texts: ['{}'] });
  await t.clock.settle();
  t.wire.parked[0]?.beBusy(60_000);
  await t.clock.pass(2_000);
  expect(t.wire.batches).toEqual([['a'], ['b']]);
});

test('refusals with successes in between are not in a row', async () => {
  const t = engineUnderTest();
  for (const n of Array(9).keys()) {
    void t.call(`bad${n}`);
    await t.clock.settle();
    t.wire.parked[0]?.refuse('bad', 'items', 422);
    await t.clock.settle();
    void t.call(`good${n}`);
    await t.answerAll();
  }
  expect(t.events.failure.filter(({ systemic }) => systemic)).toEqual([]);
});

test('a pause of 0 ms is no invitation to ask again at once, without end', async () => {
  const t = engineUnderTest();
  void t.call('a');
  for (const _ of Array(50).keys()) {
    await t.clock.settle();
    t.wire.parked[0]?.beBusy(0);
  }
  await t.clock.settle();
  expect(t.wire.requests.length).toBeLessThan(3);
});

test('a culprit whose part got lost is a culprit still: the number of items was not too large', async () => {
  const t = engineUnderTest({ concurrency: 1, maxItems: 8 });
  const calls = Array.from({ length: 8 }, (_, n) => t.call(`k${n}`));
  await t.clock.settle();
  t.wire.parked[0]?.refuse('bad', 'items', 422);
  await t.clock.settle();
  for (const _ of Array(3).keys()) {
    const half = t.wire.parked[0];
    void t.engine.execute({ keys: ['x'], texts: ['{}'] });
    await t.clock.settle();
    t.wire.parked.find(({ keys }) => keys[0] === 'x')?.answer();
    await t.clock.settle();
    half?.lose();
    await t.clock.pass(1_000);
  }
  while (t.wire.parked.length > 0) {
    const request = t.wire.parked[0];
    if (request?.keys.includes('k1')) request.refuse('bad', 'items', 422);
    else request?.answer();
    await t.clock.pass(1_000);
  }
  expect((await endsOf(...calls)).filter((end) => end !== 'ok')).toEqual(['refused']);
  for (const n of Array(8).keys()) void t.call(`n${n}`);
  await t.clock.settle();
  expect(t.wire.batches.at(-1)).toHaveLength(8);
});

test('a probe that is refused was answered: the pause is over', async () => {
  const t = engineUnderTest({ maxItems: 1, concurrency: 8, retry: { maxPauseMs: 1_000 } });
  for (const key of 'abcdefgh') void t.call(key);
  await t.clock.settle();
  for (const request of [...t.wire.parked]) request.beBusy(86_400_000);
  await t.clock.pass(1_050);
  expect(t.wire.parked).toHaveLength(1);
  t.wire.parked[0]?.refuse('bad', 'items', 422);
  await t.clock.settle();
  expect(t.wire.parked).toHaveLength(4);
});
