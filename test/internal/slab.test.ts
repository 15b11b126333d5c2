import { afterEach, expect, test, vi } from 'vitest';
import type { Written } from '../../src/internal/slab.ts';
import { pick, randomFrom } from '../helpers/random.ts';

const encoder = new TextEncoder();

/** As in a runtime with Buffer, or without it. */
async function slabOf(hasBuffer: boolean): Promise<typeof import('../../src/internal/slab.ts')> {
  vi.resetModules();
  if (!hasBuffer) vi.stubGlobal('Buffer', undefined);
  return import('../../src/internal/slab.ts');
}

afterEach(() => vi.unstubAllGlobals());

function bytesOf({ slab, start, bytes }: Written): Uint8Array {
  return slab.buffer.slice(start, start + bytes);
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

for (const hasBuffer of [true, false]) {
  const where = hasBuffer ? 'with Buffer' : 'without Buffer';

  test(`${where}: each text stays as it was written, whatever is written after it`, async () => {
    const { write } = await slabOf(hasBuffer);
    const many = Array.from({ length: 3_000 }, (_, index) => `${index}${texts[index % 5]}`);
    const written = many.map((text) => write(text));
    for (const [index, one] of written.entries()) {
      expect(areEqual(bytesOf(one), encoder.encode(many[index]))).toBe(true);
    }
  });

  test.each(texts)(`${where}: %#: a text is whole, and its bytes are counted`, async (text) => {
    const { write } = await slabOf(hasBuffer);
    // As many as fill several buffers, so that one of them comes last in its buffer.
    for (let times = 0; times < 100; times++) {
      const one = write(text);
      expect(one.bytes).toBe(encoder.encode(text).length);
      expect(areEqual(bytesOf(one), encoder.encode(text))).toBe(true);
    }
  });

  test(`${where}: a text stays as it is until it is released, whichever others are`, async () => {
    const { write, release } = await slabOf(hasBuffer);
    const random = randomFrom(7);
    const kept: { text: string; written: Written }[] = [];
    for (let turn = 0; turn < 4_000; turn++) {
      const text = `${turn}${pick(random, texts)}`;
      kept.push({ text, written: write(text) });
      // A few stay for long, so that slabs are released out of turn.
      while (kept.length > 50) {
        const [gone] = kept.splice(Math.floor(random() * random() * kept.length), 1);
        if (gone === undefined) break;
        expect(areEqual(bytesOf(gone.written), encoder.encode(gone.text))).toBe(true);
        release(gone.written.slab);
      }
    }
  });

  test(`${where}: texts that come and go take no more memory`, async () => {
    const { write, release } = await slabOf(hasBuffer);
    const buffers = new Set<Uint8Array>();
    let before: Written[] = [];
    for (let turn = 0; turn < 50; turn++) {
      const now = Array.from({ length: 200 }, () => write('x'.repeat(3_000)));
      for (const { slab } of before) release(slab);
      for (const { slab } of now) buffers.add(slab.buffer);
      before = now;
    }
    expect(buffers.size).toBeLessThan(50);
  });

  test(`${where}: what a burst took is not kept for ever`, async () => {
    const { write, release } = await slabOf(hasBuffer);
    const burst = (): Written[] => Array.from({ length: 4_000 }, () => write('x'.repeat(3_000)));
    const first = burst();
    const buffers = new Set(first.map(({ slab }) => slab.buffer));
    for (const { slab } of first) release(slab);
    const again = burst().filter(({ slab }) => buffers.has(slab.buffer));
    expect(new Set(again.map(({ slab }) => slab.buffer)).size).toBe(33);
  });
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
