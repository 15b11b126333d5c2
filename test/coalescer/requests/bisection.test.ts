import { describe, expect, test } from 'vitest';
import { Item } from '../../../src/coalescer/items/item.ts';
import type { FixedBatch } from '../../../src/coalescer/requests/bisection.ts';
import { Bisection } from '../../../src/coalescer/requests/bisection.ts';
import { TextArena } from '../../../src/lib/text-arena.ts';
import { submission } from '../../helpers/engine.ts';

const NOW = 1_234_567;
const MIN_DELAY_MS = 250;

/** Items that wait in a part. */
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

/** Parts that say of how many items, and of how many bytes, they have learned that they were too much. */
function partsUnderTest(): { parts: Bisection; tooMany: number[]; tooLarge: number[] } {
  const tooMany: number[] = [];
  const tooLarge: number[] = [];
  const parts = new Bisection({
    minDelayMs: MIN_DELAY_MS,
    onTooMany: (items) => tooMany.push(items),
    onTooLarge: (bytes) => tooLarge.push(bytes),
  });
  return { parts, tooMany, tooLarge };
}

/** The part that leaves at that time, which is in flight from then on. */
function leave(parts: Bisection, now: number = NOW): FixedBatch | undefined {
  const part = parts.due(now);
  return part && parts.leave(part, part.items, now);
}

/** The same, where there must be one. */
function next(parts: Bisection, now?: number): FixedBatch {
  const part = leave(parts, now);
  if (part === undefined) throw new Error('no part is due');
  return part;
}

function refuse(parts: Bisection, part: FixedBatch, status = 422): boolean {
  if (part.items.length > 1) {
    parts.divide(part.items, 'items', part);
    return false;
  }
  parts.again(part, [], 0);
  return parts.refusedAlone(status);
}

/** These end, wherever they wait. */
function settle(items: readonly Item[], ...keys: readonly string[]): void {
  for (const item of items) if (keys.includes(item.key)) item.state = 'settled';
}

/** Sends a batch to a server that refuses all that holds a culprit; the keys of each request. */
function isolate(items: readonly Item[], culprits: ReadonlySet<string>) {
  const { parts, tooMany } = partsUnderTest();
  const isRefused = (batch: readonly Item[]) => batch.some(({ key }) => culprits.has(key));
  const requests = [items];
  const alone: string[] = [];
  parts.divide(items, 'items', undefined);
  let now = NOW;
  while (parts.dueAt !== Number.POSITIVE_INFINITY) {
    now = Math.max(now, parts.dueAt);
    const part = leave(parts, now);
    if (part === undefined) continue;
    requests.push(part.items);
    if (isRefused(part.items)) {
      refuse(parts, part);
      if (part.items.length === 1) alone.push(...part.items.map(({ key }) => key));
    } else {
      parts.passed(part);
    }
  }
  return { requests, alone, tooMany, waitedMs: now - NOW };
}

describe('a refused batch', () => {
  test('is halved; the second half leaves when the first is through', () => {
    const { parts } = partsUnderTest();
    parts.divide(itemsOf('a', 'b', 'c', 'd', 'e'), 'items', undefined);
    const first = next(parts);
    expect(keysOf(first.items)).toBe('a b c');
    expect(leave(parts)).toBeUndefined();
    expect(parts.dueAt).toBe(Number.POSITIVE_INFINITY);
    refuse(parts, first);
    expect(keysOf(next(parts).items)).toBe('a b');
  });

  test('of which the first half goes through: the second is guilty, and is halved unsent', () => {
    const { parts } = partsUnderTest();
    parts.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    parts.passed(next(parts));
    expect(keysOf(next(parts).items)).toBe('c');
    expect(parts.divided).toBe(2);
  });

  test('the guilty half of one item is sent, to hear why', () => {
    const { parts } = partsUnderTest();
    parts.divide(itemsOf('a', 'b'), 'items', undefined);
    parts.passed(next(parts));
    expect(keysOf(next(parts).items)).toBe('b');
  });

  test('guilty is only the sibling of what went through', () => {
    const { parts } = partsUnderTest();
    parts.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    refuse(parts, next(parts)); // a b
    refuse(parts, next(parts)); // a
    parts.passed(next(parts)); // b
    expect(keysOf(next(parts).items)).toBe('c d');
  });

  test('a half that lost an item is no proof against its sibling', () => {
    const { parts } = partsUnderTest();
    parts.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    const first = next(parts);
    parts.passed({ ...first, sibling: undefined });
    expect(keysOf(next(parts).items)).toBe('c d');
  });

  test('nor is there proof against a sibling that lost one', () => {
    const { parts } = partsUnderTest();
    const items = itemsOf('a', 'b', 'c', 'd', 'e', 'f');
    parts.divide(items, 'items', undefined);
    parts.passed(next(parts));
    settle(items, 'e');
    expect(keysOf(next(parts).items)).toBe('d f');
  });

  test('keeps no place for those that have left it', () => {
    const { parts } = partsUnderTest();
    const items = itemsOf('a', 'b', 'c', 'd');
    parts.divide(items, 'items', undefined);
    settle(items, 'a', 'b');
    expect(keysOf(next(parts).items)).toBe('c d');
  });

  test('whose items have all left it is gone', () => {
    const { parts } = partsUnderTest();
    const items = itemsOf('a', 'b');
    parts.divide(items, 'items', undefined);
    settle(items, 'a', 'b');
    expect(leave(parts)).toBeUndefined();
    expect(parts.dueAt).toBe(Number.POSITIVE_INFINITY);
  });

  test('does not hold up another one', () => {
    const { parts } = partsUnderTest();
    parts.divide(itemsOf('a', 'b'), 'items', undefined);
    parts.divide(itemsOf('c', 'd'), 'items', undefined);
    expect([leave(parts), leave(parts), leave(parts)].map((part) => keysOf(part?.items))).toEqual([
      'a',
      'c',
      undefined,
    ]);
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

describe('a part', () => {
  test('that is to be sent once more goes first, with what is left of it, at its time', () => {
    const { parts } = partsUnderTest();
    parts.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    const first = next(parts);
    parts.again(first, first.items.slice(1), NOW + 40);
    expect(leave(parts, NOW + 39)).toBeUndefined();
    expect(parts.dueAt).toBe(NOW + 40);
    expect(keysOf(next(parts, NOW + 40).items)).toBe('b');
  });

  test('of which nothing is left makes room for the next', () => {
    const { parts } = partsUnderTest();
    parts.divide(itemsOf('a', 'b'), 'items', undefined);
    const first = next(parts);
    parts.again(first, [], NOW + 40);
    expect(keysOf(next(parts).items)).toBe('b');
  });

  test('sent once more still proves its sibling guilty', () => {
    const { parts } = partsUnderTest();
    parts.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    const first = next(parts);
    parts.again(first, first.items, 0);
    parts.passed(next(parts));
    expect(keysOf(next(parts).items)).toBe('c');
  });
});

describe('a batch that got lost', () => {
  test('is halved too, and the halves leave side by side, at their time', () => {
    const { parts } = partsUnderTest();
    parts.divideLost(itemsOf('a', 'b', 'c'), NOW + 40, undefined);
    expect(parts.divided).toBe(1);
    expect(parts.dueAt).toBe(NOW + 40);
    expect(leave(parts, NOW + 39)).toBeUndefined();
    expect(
      [leave(parts, NOW + 40), leave(parts, NOW + 40)].map((part) => keysOf(part?.items)),
    ).toEqual(['a b', 'c']);
  });

  test('proves nothing against either half', () => {
    const { parts } = partsUnderTest();
    parts.divideLost(itemsOf('a', 'b', 'c', 'd'), 0, undefined);
    const first = next(parts);
    parts.passed(first);
    expect(keysOf(next(parts).items)).toBe('c d');
  });
});

describe('how many were too many', () => {
  /** Sends the parts of a batch to a server that takes two items at once; what was known after each. */
  function sendAll(why: 'items' | 'bytes', items: readonly Item[]): number[][] {
    const { parts, tooMany } = partsUnderTest();
    const known: number[][] = [];
    parts.divide(items, why, undefined);
    for (let part = leave(parts); part !== undefined; part = leave(parts)) {
      if (part.items.length > 2) refuse(parts, part);
      else parts.passed(part);
      known.push([...tooMany]);
    }
    return known;
  }

  test('is the size of the batch of which no part was refused alone, once it is through', () => {
    // a b c, a b, c (guilty: its sibling went through), d e
    expect(sendAll('items', itemsOf('a', 'b', 'c', 'd', 'e'))).toEqual([[], [], [], [5]]);
  });

  test('is not known where one was', () => {
    const { tooMany, alone } = isolate(numbered(4), new Set(['k3']));
    expect({ tooMany, alone }).toEqual({ tooMany: [], alone: ['k3'] });
  });

  test('is said of a batch that held no culprit', () => {
    const { parts, tooMany } = partsUnderTest();
    parts.divide(itemsOf('a', 'b'), 'items', undefined);
    parts.passed(next(parts));
    parts.passed(next(parts));
    expect(tooMany).toEqual([2]);
  });

  test('does not follow from bytes', () => {
    expect(sendAll('bytes', itemsOf('a', 'b', 'c', 'd', 'e')).flat()).toEqual([]);
  });

  test('is not known as long as a part is out', () => {
    const { parts, tooMany } = partsUnderTest();
    parts.divide(itemsOf('a', 'b'), 'items', undefined);
    parts.passed(next(parts));
    next(parts);
    expect(tooMany).toEqual([]);
  });

  test.each<[string, (parts: Bisection, part: FixedBatch) => void]>([
    ['is not sent again', (parts, part) => parts.again(parts.leave(part, part.items, NOW), [], 0)],
    [
      'is in neither half',
      (parts, part) =>
        parts.divide(part.items.slice(1), 'items', parts.leave(part, part.items, NOW)),
    ],
    [
      'is not in the part as it leaves',
      (parts, part) => parts.passed(parts.leave(part, part.items.slice(1), NOW)),
    ],
  ])('is not known where an item %s: it may have been to blame', (_, loseOne) => {
    const { parts, tooMany } = partsUnderTest();
    parts.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    loseOne(parts, parts.due(NOW) as FixedBatch);
    for (let part = leave(parts); part !== undefined; part = leave(parts)) parts.passed(part);
    expect(tooMany).toEqual([]);
  });
});

describe('a batch that was cut off again and again', () => {
  test('was too large if each of its halves comes through', () => {
    const { parts, tooLarge } = partsUnderTest();
    parts.divideLost(itemsOf('a', 'b'), 0, undefined, 900);
    parts.passed(next(parts));
    expect(tooLarge).toEqual([]);
    parts.passed(next(parts));
    expect(tooLarge).toEqual([900]);
  });

  test('was not, if one of them failed in between', () => {
    const { parts, tooLarge } = partsUnderTest();
    parts.divideLost(itemsOf('a', 'b'), 0, undefined, 900);
    const first = next(parts);
    parts.failed(first);
    parts.again(first, first.items, 0);
    parts.passed(next(parts));
    parts.passed(next(parts));
    expect(tooLarge).toEqual([]);
  });
});

describe('a fault that looks systemic', () => {
  /** That many items in a row are refused alone, for the same; whether it was told each time. */
  function refuseAlone(
    parts: Bisection,
    times: number,
    { like }: { like?: number | undefined } = { like: 422 },
  ): boolean[] {
    return Array.from({ length: times }, () => parts.refusedAlone(like));
  }
  const not = (times: number) => Array.from({ length: times }, () => false);

  test('is told of once, at the eighth item in a row that is refused alone and alike', () => {
    const { parts } = partsUnderTest();
    expect(refuseAlone(parts, 10)).toEqual([...not(7), true, ...not(2)]);
    expect(parts.isSystemic).toBe(true);
  });

  test.each([400, undefined])('is none where the refusals are not alike: %s', (other) => {
    const { parts } = partsUnderTest();
    refuseAlone(parts, 7);
    expect(refuseAlone(parts, 1, { like: other })).toEqual([false]);
    expect(refuseAlone(parts, 7)).toEqual(not(7));
    expect(parts.isSystemic).toBe(false);
    expect(refuseAlone(parts, 1)).toEqual([true]);
  });

  test('is over when a part goes through', () => {
    const { parts } = partsUnderTest();
    refuseAlone(parts, 8);
    parts.divide(itemsOf('a', 'b'), 'items', undefined);
    parts.passed(next(parts));
    expect(parts.isSystemic).toBe(false);
    expect(refuseAlone(parts, 8)).toEqual([...not(7), true]);
  });

  test('slows halving down to one request per minDelayMs, of all batches together', () => {
    const { parts } = partsUnderTest();
    refuseAlone(parts, 8);
    parts.divide(itemsOf('a', 'b'), 'items', undefined);
    parts.divide(itemsOf('c', 'd'), 'items', undefined);
    const first = next(parts);
    expect(parts.dueAt).toBe(NOW + MIN_DELAY_MS);
    refuse(parts, first);
    expect(leave(parts, NOW + MIN_DELAY_MS - 1)).toBeUndefined();
    expect(leave(parts, NOW + MIN_DELAY_MS)).toBeDefined();
    expect(leave(parts, NOW + MIN_DELAY_MS)).toBeUndefined();
    expect(leave(parts, NOW + 2 * MIN_DELAY_MS)).toBeDefined();
  });

  test('costs so many delays where all of a batch are refused', () => {
    const items = numbered(32);
    const { requests, alone, waitedMs } = isolate(items, new Set(items.map(({ key }) => key)));
    expect(alone).toHaveLength(32);
    // The batch, its 62 parts. The first part that waits is the second after the eighth lone item.
    const before = requests.findIndex(
      (_, index) => requests.slice(0, index).filter((batch) => batch.length === 1).length === 8,
    );
    expect(requests).toHaveLength(63);
    expect(waitedMs).toBe((requests.length - before - 1) * MIN_DELAY_MS);
  });
});
