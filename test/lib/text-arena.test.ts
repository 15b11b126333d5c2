import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ArenaText, TextArena } from '../../src/lib/text-arena.ts';
import { copyTexts } from '../../src/lib/text-arena.ts';
import { randomFrom } from '../helpers/random.ts';

const encoder = new TextEncoder();

/** Buffers that may be there whatever is in them: 32 for later, and the one being written. */
const ALWAYS = 33 * 65_536;

/** As in a runtime with Buffer, or without it. */
async function arenaOf(hasBuffer: boolean): Promise<TextArena> {
  vi.resetModules();
  if (!hasBuffer) vi.stubGlobal('Buffer', undefined);
  const { TextArena } = await import('../../src/lib/text-arena.ts');
  return new TextArena();
}

afterEach(() => vi.unstubAllGlobals());

class Reader implements ArenaText {
  chunk: ArenaText['chunk'];
  start = 0;
  bytes = 0;
  slot = 0;
  readonly text: string;

  constructor(arena: TextArena, text: string) {
    this.text = text;
    arena.write(text, this);
  }

  get isAsWritten(): boolean {
    const read = this.chunk?.buffer.subarray(this.start, this.start + this.bytes);
    return read !== undefined && areEqual(read, encoder.encode(this.text));
  }
}

const texts = [
  '',
  '{}',
  'é茶🍵',
  '"\ud800"',
  'x'.repeat(4_096),
  'x'.repeat(4_097),
  '茶'.repeat(4_096),
  '茶'.repeat(30_000),
];

describe.each([true, false])('with Buffer: %s', (hasBuffer) => {
  test('each text stays as it was written, whatever is written after it', async () => {
    const arena = await arenaOf(hasBuffer);
    const readers = Array.from(
      { length: 3_000 },
      (_, index) => new Reader(arena, `${index}${texts[index % 5]}`),
    );
    for (const reader of readers) expect(reader.isAsWritten).toBe(true);
  });

  test.each(texts)('%#: a text is whole, and its bytes are counted', async (text) => {
    const arena = await arenaOf(hasBuffer);
    // As many as fill several buffers, so that one of them comes last in its buffer.
    for (let times = 0; times < 100; times++) {
      const reader = new Reader(arena, text);
      expect(reader.bytes).toBe(encoder.encode(text).length);
      expect(reader.isAsWritten).toBe(true);
    }
    expect(arena.bytes).toBe(100 * encoder.encode(text).length);
  });

  test('texts are copied with a byte between them, wherever they lie', async () => {
    const arena = await arenaOf(hasBuffer);
    const random = randomFrom(7);
    const all = Array.from(
      { length: 600 },
      (_, index) => new Reader(arena, `${index}${texts[index % 7]}`),
    );
    const orders = [
      all.slice(0, 100),
      all.filter(() => random() < 0.7),
      all.toSorted(() => random() - 0.5),
      all.slice(0, 1),
    ];
    for (const readers of orders) {
      const text = `[${readers.map(({ text }) => text).join(',')}]`;
      const body = encoder.encode('?'.repeat(encoder.encode(text).length));
      body[0] = '['.charCodeAt(0);
      body[body.length - 1] = ']'.charCodeAt(0);
      copyTexts(readers, body, 1, ','.charCodeAt(0));
      expect(areEqual(body, encoder.encode(text))).toBe(true);
    }
  });

  test('texts that come and go take no more memory', async () => {
    const arena = await arenaOf(hasBuffer);
    const buffers = new Set<Uint8Array | undefined>();
    let before: Reader[] = [];
    for (let turn = 0; turn < 50; turn++) {
      const now = Array.from({ length: 200 }, () => new Reader(arena, 'x'.repeat(3_000)));
      for (const { chunk } of now) buffers.add(chunk?.buffer);
      for (const reader of before) arena.release(reader);
      before = now;
    }
    expect(buffers.size).toBeLessThan(50);
    expect(arena.moved).toBe(0);
  });

  test('what a burst took is not kept for ever', async () => {
    const arena = await arenaOf(hasBuffer);
    const burst = Array.from({ length: 4_000 }, () => new Reader(arena, 'x'.repeat(3_000)));
    expect(arena.capacity).toBeGreaterThan(12_000_000);
    for (const reader of burst) arena.release(reader);
    expect(arena.bytes).toBe(0);
    expect(arena.capacity).toBe(33 * 65_536);
  });

  test.each([1, 2, 3, 4, 5, 6])(
    'lifetimes of any kind (%#): texts stay as they were written, in at most four times their bytes',
    async (seed) => {
      const arena = await arenaOf(hasBuffer);
      const random = randomFrom(seed);
      let waiting: Reader[] = [];
      let written = 0;
      for (let phase = 0; phase < 12; phase++) {
        // Some phases have small texts and others large ones; in some all soon go, in others few do.
        const longest = 10 ** (1 + 3 * random());
        const count = Math.floor(20_000 / Math.sqrt(longest));
        const staying = random() ** 4;
        for (let turn = 0; turn < count; turn++) {
          const sign = random() < 0.01 ? '茶' : 'x';
          const reader = new Reader(arena, `${turn}${sign.repeat(random() * longest)}`);
          written += reader.bytes;
          waiting.push(reader);
        }
        const [gone, left] = divided(waiting, () => random() >= staying);
        // By turns in their order, and out of it.
        if (phase % 2 === 0) gone.sort(() => random() - 0.5);
        for (const reader of gone) {
          arena.release(reader);
          expect(arena.capacity).toBeLessThanOrEqual(mayHold(arena.bytes));
        }
        waiting = left;
        expect(arena.bytes).toBe(waiting.reduce((sum, { bytes }) => sum + bytes, 0));
        expect(waiting.filter(({ isAsWritten }) => !isAsWritten)).toEqual([]);
      }
      expect(arena.movedBytes).toBeLessThanOrEqual(written / 2);
      for (const reader of waiting) arena.release(reader);
      expect(arena.bytes).toBe(0);
    },
  );
});

test('one text in 300 that stays, for a million, takes no more than its share', async () => {
  const arena = await arenaOf(true);
  const text = 'x'.repeat(400);
  let going: Reader[] = [];
  for (let turn = 0; turn < 1_000_000; turn++) {
    const reader = new Reader(arena, text);
    if (turn % 300 !== 0) going.push(reader);
    if (going.length < 1_000) continue;
    for (const gone of going) arena.release(gone);
    going = [];
  }
  expect(arena.bytes).toBeGreaterThan(3_333 * 400);
  expect(arena.capacity).toBeLessThanOrEqual(mayHold(arena.bytes));
  // Of those that stay, each is moved a few times, since where it comes to lie others go again.
  expect(arena.moved).toBeLessThanOrEqual(1_000_000 / 40);
});

test('releasing a text twice changes nothing', async () => {
  const arena = await arenaOf(true);
  const [one, other] = [new Reader(arena, 'one'), new Reader(arena, 'other')];
  arena.release(one);
  arena.release(one);
  expect([arena.bytes, other.isAsWritten]).toEqual([5, true]);
});

/** Four times what is needed and the buffer that is written; or what is always held. */
function mayHold(bytes: number): number {
  return Math.max(ALWAYS, 4 * bytes + 65_536);
}

function divided<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  const first: T[] = [];
  const second: T[] = [];
  for (const one of all) (isFirst(one) ? first : second).push(one);
  return [first, second];
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
