// What an engine holds beside what it counts.
import { expect, test } from 'vitest';
import { letGo } from '../../src/coalescer/calls/caller-notifier.ts';
import { Item } from '../../src/coalescer/items/item.ts';
import { Backlog } from '../../src/coalescer/queue/backlog.ts';
import { endsOf, engineUnderTest, submission } from '../helpers/engine.ts';
import { randomFrom } from '../helpers/random.ts';
import { countSteps } from '../helpers/steps.ts';

/** What an engine may hold, whatever waits in it. */
const ALWAYS = 33 * 65_536;

test.each([1, 2, 3])(
  'calls that wait for long among others that do not (%#): four times their bytes are held at most, and each leaves as it was written',
  async (seed) => {
    const t = engineUnderTest({ maxItems: 500 });
    const random = randomFrom(seed);
    const late = new Map<string, string>();
    void t.call('slow', { makes: 'slow', hasNewName: true });
    await t.clock.settle();
    const [register] = t.wire.parked;
    for (let turn = 0; turn < 60; turn++) {
      for (let one = 0; one < 500; one++) {
        const key = `${turn}-${one}`;
        const text = `{"key":"${key}","payload":"${'x'.repeat(random() * 1_000)}"}`;
        const isLate = random() < 0.01;
        if (isLate) late.set(key, text);
        void t.call(key, {
          pieces: [text],
          bytes: text.length,
          ...(isLate && { uses: ['slow'] }),
        });
      }
      await t.clock.settle();
      for (const request of [...t.wire.parked]) if (request !== register) request.answer();
      await t.clock.settle();
      const { queuedBytes } = t.engine.stats();
      // One buffer is still written.
      const bound = Math.max(ALWAYS, 4 * queuedBytes + 65_536);
      expect(t.engine.heldBytes).toBeLessThanOrEqual(bound);
    }
    expect(t.engine.stats().queued).toBe(late.size);
    register?.answer();
    await t.clock.settle();
    const left = t.wire.parked.flatMap(({ keys, texts }) =>
      keys.map((key, at) => [key, texts[at]]),
    );
    expect(left.length).toBe(late.size);
    expect(left.filter(([key, text]) => late.get(key as string) !== text)).toEqual([]);
    await t.answerAll();
    t.expectIdle();
  },
);

test('calls that are refused at once hold nothing', () => {
  const t = engineUnderTest({ queue: { maxItems: 1 } });
  const pieces = [`"${'x'.repeat(10_000)}"`];
  void t.call('first', { pieces: ['{}'] });
  const before = t.engine.heldBytes;
  for (let one = 0; one < 100; one++) void t.call(`late ${one}`, { pieces, bytes: 10_002 });
  for (let one = 0; one < 100; one++) void t.call('first', { pieces, bytes: 10_002 });
  expect(t.engine.heldBytes).toBe(before);
});

test('calls that are rejected since what they need failed hold nothing', async () => {
  const t = engineUnderTest();
  void t.call('run', { makes: 'r' });
  await t.answerAllBut('run');
  const before = t.engine.heldBytes;
  for (let one = 0; one < 100; one++) {
    void t.call(`span ${one}`, { uses: ['r'], pieces: ['x'.repeat(10_000)], bytes: 10_000 });
  }
  expect(t.engine.heldBytes).toBe(before);
  t.expectIdle();
});

test('items that are settled while they wait for a time are forgotten, at a cost that grows with their number', () => {
  const count = 20_000;
  const backlog = newBacklog();
  const items = Array.from(
    { length: count },
    (_, n) => new Item(n + 1, 0, submission(`k${n}`), backlog.texts),
  );
  for (const item of items) backlog.append(item, {});
  backlog.admit(items, 1);
  backlog.pack({ maxItems: count, maxBytes: 10_000_000 }, 1);
  for (const item of items) backlog.putBack(item, 1_000 + (item.seq % 7));
  const steps = countSteps();
  for (const item of items.slice(0, -10)) {
    backlog.retire(item);
    backlog.order.leave(item);
    expect(backlog.delayed).toBeLessThanOrEqual(2 * backlog.count('delayed') + 64);
  }
  expect(steps()).toBeLessThan(40 * count);
  backlog.wake(2_000);
  expect([backlog.delayed, backlog.count('ready')]).toEqual([0, 10]);
});

test('an item that is settled while it waits for a time, and let go, holds up nobody who waits for an earlier one', () => {
  const backlog = newBacklog();
  const items = Array.from(
    { length: 200 },
    (_, n) => new Item(n + 1, 0, submission(`k${n}`), backlog.texts),
  );
  for (const item of items) backlog.append(item, {});
  backlog.admit(items, 1);
  backlog.pack({ maxItems: 200, maxBytes: 1_000_000 }, 1);
  const random = randomFrom(3);
  const times = new Map<Item, number>();
  for (const [index, item] of items.entries()) {
    times.set(item, 10 + Math.floor(random() * 1_000));
    backlog.putBack(item, times.get(item) as number);
    // Every third is aborted soon.
    const gone = index % 3 === 2 ? items[index - 1] : undefined;
    if (gone === undefined) continue;
    times.delete(gone);
    backlog.retire(gone);
    backlog.order.leave(gone);
    letGo(gone);
  }
  for (const at of [...times.values()].sort((a, b) => a - b)) {
    expect(backlog.nextDue).toBeGreaterThan(at - 1);
    backlog.wake(at);
    const due = [...times].filter(([, time]) => time <= at).map(([item]) => item.state);
    expect(new Set(due)).toEqual(new Set(['ready']));
  }
});

test('calls whose names cannot be read hold nothing', async () => {
  const t = engineUnderTest();
  const before = t.engine.heldBytes;
  const uses = new Proxy([], {
    get() {
      throw new Error('no names');
    },
  });
  const calls = Array.from({ length: 100 }, (_, one) =>
    t.call(`call ${one}`, { uses, pieces: ['x'.repeat(10_000)], bytes: 10_000 }),
  );
  expect(new Set(await endsOf(...calls))).toEqual(new Set(['threw']));
  expect(t.engine.heldBytes).toBe(before);
  t.expectIdle();
});

function newBacklog(): Backlog {
  const envelope = { envelopeBytes: 12, separatorBytes: 1 };
  return new Backlog({ envelope, now: () => 1, idOf: (name) => name });
}
