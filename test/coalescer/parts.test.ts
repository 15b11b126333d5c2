import { describe, expect, test } from 'vitest';
import { Item } from '../../src/coalescer/item.ts';
import type { Part } from '../../src/coalescer/parts.ts';
import { Parts } from '../../src/coalescer/parts.ts';
import { TextArena } from '../../src/internal/text-arena.ts';
import { submission } from '../helpers/engine.ts';

const NOW = 1_234_567;
const MIN_DELAY_MS = 250;

function itemsOf(...keys: readonly string[]): Item[] {
  const texts = new TextArena();
  return keys.map((key, seq) => new Item(seq, NOW, submission(key), texts));
}

function numbered(count: number): Item[] {
  return itemsOf(...Array.from({ length: count }, (_, n) => `k${n}`));
}

const keysOf = (items: readonly Item[] | undefined) => items?.map(({ key }) => key).join(' ');
const all = () => true;

/** The part that leaves at that time, which is in flight from then on. */
function leave(
  parts: Parts,
  now: number = NOW,
  isLeft: (item: Item) => boolean = all,
): Part | undefined {
  const part = parts.due(now, isLeft);
  if (part !== undefined) parts.take(part, now);
  return part;
}

/** The same, where there must be one. */
function next(parts: Parts, now?: number, isLeft?: (item: Item) => boolean): Part {
  const part = leave(parts, now, isLeft);
  if (part === undefined) throw new Error('no part is due');
  return part;
}

function pass(parts: Parts, part: Part): number | undefined {
  parts.back(part);
  parts.passed(part);
  return parts.endOf(part);
}

function refuse(parts: Parts, part: Part, status = 422): boolean {
  parts.back(part);
  if (part.items.length > 1) {
    parts.divide(part.items, 'items', part);
    return false;
  }
  return parts.refusedAlone(status, part);
}

/** Sends a batch to a server that refuses all that holds a culprit; the keys of each request. */
function isolate(items: readonly Item[], culprits: ReadonlySet<string>) {
  const parts = new Parts(MIN_DELAY_MS);
  const isRefused = (batch: readonly Item[]) => batch.some(({ key }) => culprits.has(key));
  const requests = [items];
  const alone: string[] = [];
  let tooMany: number | undefined;
  parts.divide(items, 'items', undefined);
  let now = NOW;
  while (parts.nextTime !== Number.POSITIVE_INFINITY) {
    now = Math.max(now, parts.nextTime);
    const part = leave(parts, now);
    if (part === undefined) continue;
    requests.push(part.items);
    if (isRefused(part.items)) {
      refuse(parts, part);
      if (part.items.length === 1) alone.push(...part.items.map(({ key }) => key));
    } else {
      pass(parts, part);
    }
    tooMany ??= parts.endOf(part);
  }
  return { requests, alone, tooMany, waitedMs: now - NOW };
}

describe('a refused batch', () => {
  test('is halved; the second half leaves when the first is through', () => {
    const parts = new Parts(MIN_DELAY_MS);
    parts.divide(itemsOf('a', 'b', 'c', 'd', 'e'), 'items', undefined);
    const first = next(parts);
    expect(keysOf(first.items)).toBe('a b c');
    expect(leave(parts)).toBeUndefined();
    expect(parts.nextTime).toBe(Number.POSITIVE_INFINITY);
    refuse(parts, first);
    expect(keysOf(next(parts).items)).toBe('a b');
  });

  test('of which the first half goes through: the second is guilty, and is halved unsent', () => {
    const parts = new Parts(MIN_DELAY_MS);
    parts.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    pass(parts, next(parts));
    expect(keysOf(next(parts).items)).toBe('c');
    expect(parts.divided).toBe(2);
  });

  test('the guilty half of one item is sent, to hear why', () => {
    const parts = new Parts(MIN_DELAY_MS);
    parts.divide(itemsOf('a', 'b'), 'items', undefined);
    pass(parts, next(parts));
    expect(keysOf(next(parts).items)).toBe('b');
  });

  test('guilty is only the sibling of what went through', () => {
    const parts = new Parts(MIN_DELAY_MS);
    parts.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    refuse(parts, next(parts)); // a b
    refuse(parts, next(parts)); // a
    pass(parts, next(parts)); // b
    expect(keysOf(next(parts).items)).toBe('c d');
  });

  test('a half that lost an item is no proof against its sibling', () => {
    const parts = new Parts(MIN_DELAY_MS);
    parts.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    const first = next(parts);
    pass(parts, { ...first, sibling: undefined });
    expect(keysOf(next(parts).items)).toBe('c d');
  });

  test('nor is there proof against a sibling that lost one', () => {
    const parts = new Parts(MIN_DELAY_MS);
    parts.divide(itemsOf('a', 'b', 'c', 'd', 'e', 'f'), 'items', undefined);
    pass(parts, next(parts));
    expect(keysOf(next(parts, NOW, ({ key }) => key !== 'e').items)).toBe('d f');
  });

  test('keeps no place for those that have left it', () => {
    const parts = new Parts(MIN_DELAY_MS);
    parts.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    expect(keysOf(next(parts, NOW, ({ key }) => 'cd'.includes(key)).items)).toBe('c d');
  });

  test('whose items have all left it is gone', () => {
    const parts = new Parts(MIN_DELAY_MS);
    parts.divide(itemsOf('a', 'b'), 'items', undefined);
    expect(leave(parts, NOW, () => false)).toBeUndefined();
    expect(parts.nextTime).toBe(Number.POSITIVE_INFINITY);
  });

  test('does not hold up another one', () => {
    const parts = new Parts(MIN_DELAY_MS);
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
    const parts = new Parts(MIN_DELAY_MS);
    parts.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    const first = next(parts);
    parts.back(first);
    parts.again(first, first.items.slice(1), NOW + 40);
    expect(parts.endOf(first)).toBeUndefined();
    expect(leave(parts, NOW + 39)).toBeUndefined();
    expect(parts.nextTime).toBe(NOW + 40);
    expect(keysOf(next(parts, NOW + 40).items)).toBe('b');
  });

  test('of which nothing is left makes room for the next', () => {
    const parts = new Parts(MIN_DELAY_MS);
    parts.divide(itemsOf('a', 'b'), 'items', undefined);
    const first = next(parts);
    parts.back(first);
    parts.again(first, [], NOW + 40);
    expect(keysOf(next(parts).items)).toBe('b');
  });

  test('sent once more still proves its sibling guilty', () => {
    const parts = new Parts(MIN_DELAY_MS);
    parts.divide(itemsOf('a', 'b', 'c', 'd'), 'items', undefined);
    const first = next(parts);
    parts.back(first);
    parts.again(first, first.items, 0);
    pass(parts, next(parts));
    expect(keysOf(next(parts).items)).toBe('c');
  });
});

describe('a batch that got lost', () => {
  test('is halved too, and the halves leave side by side, at their time', () => {
    const parts = new Parts(MIN_DELAY_MS);
    parts.divideLost(itemsOf('a', 'b', 'c'), NOW + 40, undefined);
    expect(parts.divided).toBe(1);
    expect(parts.nextTime).toBe(NOW + 40);
    expect(leave(parts, NOW + 39)).toBeUndefined();
    expect(
      [leave(parts, NOW + 40), leave(parts, NOW + 40)].map((part) => keysOf(part?.items)),
    ).toEqual(['a b', 'c']);
  });

  test('proves nothing against either half', () => {
    const parts = new Parts(MIN_DELAY_MS);
    parts.divideLost(itemsOf('a', 'b', 'c', 'd'), 0, undefined);
    const first = next(parts);
    expect(pass(parts, first)).toBeUndefined();
    expect(keysOf(next(parts).items)).toBe('c d');
  });
});

describe('how many were too many', () => {
  /** Sends the parts of a batch to a server that takes two items at once. */
  function sendAll(parts: Parts, why: 'items' | 'bytes', items: readonly Item[]) {
    const ends: (number | undefined)[] = [];
    parts.divide(items, why, undefined);
    for (let part = leave(parts); part !== undefined; part = leave(parts)) {
      if (part.items.length > 2) refuse(parts, part);
      else pass(parts, part);
      ends.push(parts.endOf(part));
    }
    return ends;
  }

  test('is the size of the batch of which no part was refused alone, once it is through', () => {
    // a b c, a b, c (guilty: its sibling went through), d e
    expect(sendAll(new Parts(MIN_DELAY_MS), 'items', itemsOf('a', 'b', 'c', 'd', 'e'))).toEqual([
      undefined,
      undefined,
      undefined,
      5,
    ]);
  });

  test('is not known where one was', () => {
    const { tooMany, alone } = isolate(numbered(4), new Set(['k3']));
    expect({ tooMany, alone }).toEqual({ tooMany: undefined, alone: ['k3'] });
  });

  test('is said of a batch that held no culprit', () => {
    const parts = new Parts(MIN_DELAY_MS);
    parts.divide(itemsOf('a', 'b'), 'items', undefined);
    pass(parts, next(parts));
    const last = next(parts);
    expect(pass(parts, last)).toBe(2);
  });

  test('does not follow from bytes', () => {
    const ends = sendAll(new Parts(MIN_DELAY_MS), 'bytes', itemsOf('a', 'b', 'c', 'd', 'e'));
    expect(new Set(ends)).toEqual(new Set([undefined]));
  });

  test('is not known as long as a part is out', () => {
    const parts = new Parts(MIN_DELAY_MS);
    parts.divide(itemsOf('a', 'b'), 'items', undefined);
    pass(parts, next(parts));
    expect(parts.endOf(next(parts))).toBeUndefined();
  });
});

describe('a fault that looks systemic', () => {
  /** That many items in a row are refused alone, for the same; whether it was told each time. */
  function refuseAlone(
    parts: Parts,
    times: number,
    { like }: { like?: number | undefined } = { like: 422 },
  ): boolean[] {
    return Array.from({ length: times }, () => parts.refusedAlone(like, undefined));
  }
  const not = (times: number) => Array.from({ length: times }, () => false);

  test('is told of once, at the eighth item in a row that is refused alone and alike', () => {
    const parts = new Parts(MIN_DELAY_MS);
    expect(refuseAlone(parts, 10)).toEqual([...not(7), true, ...not(2)]);
    expect(parts.isSystemic).toBe(true);
  });

  test.each([400, undefined])('is none where the refusals are not alike: %s', (other) => {
    const parts = new Parts(MIN_DELAY_MS);
    refuseAlone(parts, 7);
    expect(refuseAlone(parts, 1, { like: other })).toEqual([false]);
    expect(refuseAlone(parts, 7)).toEqual(not(7));
    expect(parts.isSystemic).toBe(false);
    expect(refuseAlone(parts, 1)).toEqual([true]);
  });

  test('is over when a part goes through', () => {
    const parts = new Parts(MIN_DELAY_MS);
    refuseAlone(parts, 8);
    parts.divide(itemsOf('a', 'b'), 'items', undefined);
    pass(parts, next(parts));
    expect(parts.isSystemic).toBe(false);
    expect(refuseAlone(parts, 8)).toEqual([...not(7), true]);
  });

  test('slows halving down to one request per minDelayMs, of all batches together', () => {
    const parts = new Parts(MIN_DELAY_MS);
    refuseAlone(parts, 8);
    parts.divide(itemsOf('a', 'b'), 'items', undefined);
    parts.divide(itemsOf('c', 'd'), 'items', undefined);
    const first = next(parts);
    expect(parts.nextTime).toBe(NOW + MIN_DELAY_MS);
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
