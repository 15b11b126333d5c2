import { describe, expect, test } from 'vitest';
import { Item } from '../../../src/coalescer/items/item.ts';
import type { FixedBatch } from '../../../src/coalescer/requests/bisection.ts';
import { Bisection } from '../../../src/coalescer/requests/bisection.ts';
import { TextArena } from '../../../src/lib/text-arena.ts';
import { submission } from '../../helpers/engine.ts';

const NOW = 1_234_567;
const MIN_DELAY_MS = 250;

/** Items that are held for a fixed batch. */
function itemsOf(...keys: readonly string[]): Item[] {
  const texts = new TextArena();
  return keys.map((key, seq) => {
    const item = new Item(seq, NOW, submission(key), texts);
    item.state = 'held';
    return item;
  });
}

function numbered(count: number): Item[] {
  return itemsOf(...Array.from({ length: count }, (_, n) => `k${n}`));
}

const keysOf = (items: readonly Item[] | undefined) => items?.map(({ key }) => key).join(' ');

/** With lists of what it reports: how many items, and how many bytes, were too much. */
function bisectionUnderTest(): { bisection: Bisection; tooMany: number[]; tooLarge: number[] } {
  const tooMany: number[] = [];
  const tooLarge: number[] = [];
  const bisection = new Bisection({
    minDelayMs: MIN_DELAY_MS,
    onTooMany: (items) => tooMany.push(items),
    onTooLarge: (bytes) => tooLarge.push(bytes),
  });
  return { bisection, tooMany, tooLarge };
}

/** The fixed batch that is due at that time; it is in flight from then on. */
function leave(bisection: Bisection, now: number = NOW): FixedBatch | undefined {
  const fixed = bisection.due(now);
  return fixed && bisection.leave(fixed, fixed.items, now);
}

/** The same; it throws if none is due. */
function next(bisection: Bisection, now?: number): FixedBatch {
  const fixed = leave(bisection, now);
  if (fixed === undefined) throw new Error('no fixed batch is due');
  return fixed;
}

function refuse(bisection: Bisection, fixed: FixedBatch, status = 422): boolean {
  if (fixed.items.length > 1) {
    bisection.divide(fixed.items, 'items', fixed);
    return false;
  }
  bisection.again(fixed, [], 0);
  return bisection.refusedAlone(status);
}

/** Ends these items. */
function settle(items: readonly Item[], ...keys: readonly string[]): void {
  for (const item of items) if (keys.includes(item.key)) item.state = 'settled';
}

/** Sends a batch to a server that refuses all batches with a culprit; returns the keys of each request. */
function isolate(items: readonly Item[], culprits: ReadonlySet<string>) {
  const { bisection, tooMany } = bisectionUnderTest();
  const isRefused = (batch: readonly Item[]) => batch.some(({ key }) => culprits.has(key));
  const requests = [items];
  const alone: string[] = [];
  bisection.divide(items, 'items', undefined);
  let now = NOW;
  while (bisection.dueAt !== Number.POSITIVE_INFINITY) {
    now = Math.max(now, bisection.dueAt);
    const fixed = leave(bisection, now);
    if (fixed === undefined) continue;
    requests.push(fixed.items);
    if (isRefused(fixed.items)) {
      refuse(bisection, fixed);
      if (fixed.items.length === 1) alone.push(...fixed.items.map(({ key }) => key));
    } else {
      bisection.passed(fixed);
    }
  }
  return { requests, alone, tooMany, waitedMs: now - NOW };
}

describe('a refused batch', () => {
  test('is halved; the second half leaves when the first is through', () => {
    const { bisection } = bisectionUnderTest();
    bisection.divide(itemsOf('a', 'b', 'c', 'd', 'e'), 'items', undefined);
    const first = next(bisection);
    expect(keysOf(first.items)).toBe('a b c');
    expect(leave(bisection)).toBeUndefined();
    expect(bisection.dueAt).toBe(Number.POSITIVE_INFINITY);
    refuse(bisection, first);
    expect(keysOf(next(bisection).items)).toBe('a b');
  });

  test('of which the first half goes through: the second holds the culprit, and is halved unsent', () => {
    const { bisection } = bisectionUnderTest();
    bisection.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    bisection.passed(next(bisection));
    expect(keysOf(next(bisection).items)).toBe('c');
    expect(bisection.divided).toBe(2);
  });

  test('a culprit that is a half by itself is sent, to hear why', () => {
    const { bisection } = bisectionUnderTest();
    bisection.divide(itemsOf('a', 'b'), 'items', undefined);
    bisection.passed(next(bisection));
    expect(keysOf(next(bisection).items)).toBe('b');
  });

  test('a culprit is only in the sibling of what went through', () => {
    const { bisection } = bisectionUnderTest();
    bisection.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    refuse(bisection, next(bisection)); // a b
    refuse(bisection, next(bisection)); // a
    bisection.passed(next(bisection)); // b
    expect(keysOf(next(bisection).items)).toBe('c d');
  });

  test('a half that lost an item is no proof against its sibling', () => {
    const { bisection } = bisectionUnderTest();
    bisection.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    const first = next(bisection);
    bisection.passed({ ...first, sibling: undefined });
    expect(keysOf(next(bisection).items)).toBe('c d');
  });

  test('nor is there proof against a sibling that lost one', () => {
    const { bisection } = bisectionUnderTest();
    const items = itemsOf('a', 'b', 'c', 'd', 'e', 'f');
    bisection.divide(items, 'items', undefined);
    bisection.passed(next(bisection));
    settle(items, 'e');
    expect(keysOf(next(bisection).items)).toBe('d f');
  });

  test('keeps no place for those that have left it', () => {
    const { bisection } = bisectionUnderTest();
    const items = itemsOf('a', 'b', 'c', 'd');
    bisection.divide(items, 'items', undefined);
    settle(items, 'a', 'b');
    expect(keysOf(next(bisection).items)).toBe('c d');
  });

  test('whose items have all left it is gone', () => {
    const { bisection } = bisectionUnderTest();
    const items = itemsOf('a', 'b');
    bisection.divide(items, 'items', undefined);
    settle(items, 'a', 'b');
    expect(leave(bisection)).toBeUndefined();
    expect(bisection.dueAt).toBe(Number.POSITIVE_INFINITY);
  });

  test('does not hold up another one', () => {
    const { bisection } = bisectionUnderTest();
    bisection.divide(itemsOf('a', 'b'), 'items', undefined);
    bisection.divide(itemsOf('c', 'd'), 'items', undefined);
    expect(
      [leave(bisection), leave(bisection), leave(bisection)].map((fixed) => keysOf(fixed?.items)),
    ).toEqual(['a', 'c', undefined]);
  });
});

describe('a culprit is found', () => {
  const items = numbered(100);

  test('in at most 14 further requests, wherever it stands among 100', () => {
    const counts = items.map(({ key }) => {
      const { requests, alone } = isolate(items, new Set([key]));
      expect(alone).toEqual([key]);
      return requests.length;
    });
    expect(Math.max(...counts)).toBe(15);
  });

  test.each([
    { culprits: ['k0', 'k1'], atMost: 17 },
    { culprits: ['k0', 'k99'], atMost: 27 },
    { culprits: ['k10', 'k50', 'k90'], atMost: 40 },
  ])('$culprits in $atMost requests', ({ culprits, atMost }) => {
    const { requests, alone } = isolate(items, new Set(culprits));
    expect(alone).toEqual(culprits);
    expect(requests.length).toBeLessThanOrEqual(atMost);
  });

  test('and each of the others goes through once', () => {
    const culprits = new Set(['k3', 'k4', 'k70']);
    const { requests } = isolate(items, culprits);
    const through = requests.filter((batch) => !batch.some(({ key }) => culprits.has(key))).flat();
    expect(through.map(({ key }) => key)).toEqual(
      items.map(({ key }) => key).filter((key) => !culprits.has(key)),
    );
  });

  test('also when all are', () => {
    const few = numbered(7);
    const { alone } = isolate(few, new Set(few.map(({ key }) => key)));
    expect(alone).toEqual(few.map(({ key }) => key));
  });
});

describe('a fixed batch', () => {
  test('that is to be sent once more goes first, with what is left of it, at its time', () => {
    const { bisection } = bisectionUnderTest();
    bisection.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    const first = next(bisection);
    bisection.again(first, first.items.slice(1), NOW + 40);
    expect(leave(bisection, NOW + 39)).toBeUndefined();
    expect(bisection.dueAt).toBe(NOW + 40);
    expect(keysOf(next(bisection, NOW + 40).items)).toBe('b');
  });

  test('of which nothing is left makes room for the next', () => {
    const { bisection } = bisectionUnderTest();
    bisection.divide(itemsOf('a', 'b'), 'items', undefined);
    const first = next(bisection);
    bisection.again(first, [], NOW + 40);
    expect(keysOf(next(bisection).items)).toBe('b');
  });

  test('sent once more still proves that its sibling holds a culprit', () => {
    const { bisection } = bisectionUnderTest();
    bisection.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    const first = next(bisection);
    bisection.again(first, first.items, 0);
    bisection.passed(next(bisection));
    expect(keysOf(next(bisection).items)).toBe('c');
  });
});

describe('a batch that got lost', () => {
  test('is halved too, and the halves leave side by side, at their time', () => {
    const { bisection } = bisectionUnderTest();
    bisection.divideLost(itemsOf('a', 'b', 'c'), NOW + 40, undefined);
    expect(bisection.divided).toBe(1);
    expect(bisection.dueAt).toBe(NOW + 40);
    expect(leave(bisection, NOW + 39)).toBeUndefined();
    expect(
      [leave(bisection, NOW + 40), leave(bisection, NOW + 40)].map((fixed) => keysOf(fixed?.items)),
    ).toEqual(['a b', 'c']);
  });

  test('proves nothing against either half', () => {
    const { bisection } = bisectionUnderTest();
    bisection.divideLost(itemsOf('a', 'b', 'c', 'd'), 0, undefined);
    const first = next(bisection);
    bisection.passed(first);
    expect(keysOf(next(bisection).items)).toBe('c d');
  });
});

describe('how many were too many', () => {
  /** Sends the halves of a batch to a server that takes two items at once; returns what was reported after each. */
  function sendAll(why: 'items' | 'bytes', items: readonly Item[]): number[][] {
    const { bisection, tooMany } = bisectionUnderTest();
    const known: number[][] = [];
    bisection.divide(items, why, undefined);
    for (let fixed = leave(bisection); fixed !== undefined; fixed = leave(bisection)) {
      if (fixed.items.length > 2) refuse(bisection, fixed);
      else bisection.passed(fixed);
      known.push([...tooMany]);
    }
    return known;
  }

  test('is the size of the batch of which no half was refused alone, once it is through', () => {
    // a b c, a b, c (the culprit: its sibling went through), d e
    expect(sendAll('items', itemsOf('a', 'b', 'c', 'd', 'e'))).toEqual([[], [], [], [5]]);
  });

  test('is not known where one was', () => {
    const { tooMany, alone } = isolate(numbered(4), new Set(['k3']));
    expect({ tooMany, alone }).toEqual({ tooMany: [], alone: ['k3'] });
  });

  test('is said of a batch that held no culprit', () => {
    const { bisection, tooMany } = bisectionUnderTest();
    bisection.divide(itemsOf('a', 'b'), 'items', undefined);
    bisection.passed(next(bisection));
    bisection.passed(next(bisection));
    expect(tooMany).toEqual([2]);
  });

  test('does not follow from bytes', () => {
    expect(sendAll('bytes', itemsOf('a', 'b', 'c', 'd', 'e')).flat()).toEqual([]);
  });

  test('is not known as long as a half is in flight', () => {
    const { bisection, tooMany } = bisectionUnderTest();
    bisection.divide(itemsOf('a', 'b'), 'items', undefined);
    bisection.passed(next(bisection));
    next(bisection);
    expect(tooMany).toEqual([]);
  });

  test.each<[string, (bisection: Bisection, fixed: FixedBatch) => void]>([
    [
      'is not sent again',
      (bisection, fixed) => bisection.again(bisection.leave(fixed, fixed.items, NOW), [], 0),
    ],
    [
      'is in neither half',
      (bisection, fixed) =>
        bisection.divide(fixed.items.slice(1), 'items', bisection.leave(fixed, fixed.items, NOW)),
    ],
    [
      'is not in the fixed batch as it leaves',
      (bisection, fixed) => bisection.passed(bisection.leave(fixed, fixed.items.slice(1), NOW)),
    ],
  ])('is not known where an item %s: it may have been to blame', (_, loseOne) => {
    const { bisection, tooMany } = bisectionUnderTest();
    bisection.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    loseOne(bisection, bisection.due(NOW) as FixedBatch);
    for (let fixed = leave(bisection); fixed !== undefined; fixed = leave(bisection))
      bisection.passed(fixed);
    expect(tooMany).toEqual([]);
  });
});

describe('a batch that was cut off again and again', () => {
  test('was too large if each of its halves comes through', () => {
    const { bisection, tooLarge } = bisectionUnderTest();
    bisection.divideLost(itemsOf('a', 'b'), 0, undefined, 900);
    bisection.passed(next(bisection));
    expect(tooLarge).toEqual([]);
    bisection.passed(next(bisection));
    expect(tooLarge).toEqual([900]);
  });

  test('was not, if one of them failed in between', () => {
    const { bisection, tooLarge } = bisectionUnderTest();
    bisection.divideLost(itemsOf('a', 'b'), 0, undefined, 900);
    const first = next(bisection);
    bisection.failed(first);
    bisection.again(first, first.items, 0);
    bisection.passed(next(bisection));
    bisection.passed(next(bisection));
    expect(tooLarge).toEqual([]);
  });
});

describe('a fault that looks systemic', () => {
  /** Refuses so many items alone, with the same status; returns for each whether it was reported. */
  function refuseAlone(
    bisection: Bisection,
    times: number,
    { like }: { like?: number | undefined } = { like: 422 },
  ): boolean[] {
    return Array.from({ length: times }, () => bisection.refusedAlone(like));
  }
  const not = (times: number) => Array.from({ length: times }, () => false);

  test('is told of once, at the eighth item in a row that is refused alone and alike', () => {
    const { bisection } = bisectionUnderTest();
    expect(refuseAlone(bisection, 10)).toEqual([...not(7), true, ...not(2)]);
    expect(bisection.isSystemic).toBe(true);
  });

  test.each([400, undefined])('is none where the refusals are not alike: %s', (other) => {
    const { bisection } = bisectionUnderTest();
    refuseAlone(bisection, 7);
    expect(refuseAlone(bisection, 1, { like: other })).toEqual([false]);
    expect(refuseAlone(bisection, 7)).toEqual(not(7));
    expect(bisection.isSystemic).toBe(false);
    expect(refuseAlone(bisection, 1)).toEqual([true]);
  });

  test('is over when a half goes through', () => {
    const { bisection } = bisectionUnderTest();
    refuseAlone(bisection, 8);
    bisection.divide(itemsOf('a', 'b'), 'items', undefined);
    bisection.passed(next(bisection));
    expect(bisection.isSystemic).toBe(false);
    expect(refuseAlone(bisection, 8)).toEqual([...not(7), true]);
  });

  test('slows halving down to one request per minDelayMs, of all batches together', () => {
    const { bisection } = bisectionUnderTest();
    refuseAlone(bisection, 8);
    bisection.divide(itemsOf('a', 'b'), 'items', undefined);
    bisection.divide(itemsOf('c', 'd'), 'items', undefined);
    const first = next(bisection);
    expect(bisection.dueAt).toBe(NOW + MIN_DELAY_MS);
    refuse(bisection, first);
    expect(leave(bisection, NOW + MIN_DELAY_MS - 1)).toBeUndefined();
    expect(leave(bisection, NOW + MIN_DELAY_MS)).toBeDefined();
    expect(leave(bisection, NOW + MIN_DELAY_MS)).toBeUndefined();
    expect(leave(bisection, NOW + 2 * MIN_DELAY_MS)).toBeDefined();
  });

  test('costs so many delays where all of a batch are refused', () => {
    const items = numbered(32);
    const { requests, alone, waitedMs } = isolate(items, new Set(items.map(({ key }) => key)));
    expect(alone).toHaveLength(32);
    // The batch and its 62 halves. The first half to wait is the second one after the eighth lone item.
    const before = requests.findIndex(
      (_, index) => requests.slice(0, index).filter((batch) => batch.length === 1).length === 8,
    );
    expect(requests).toHaveLength(63);
    expect(waitedMs).toBe((requests.length - before - 1) * MIN_DELAY_MS);
  });
});
