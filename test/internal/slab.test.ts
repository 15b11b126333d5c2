import { afterEach, expect, test, vi } from 'vitest';
import type { Written } from '../../src/internal/slab.ts';

const encoder = new TextEncoder();

/** As in a runtime with Buffer, or without it. */
async function slabOf(hasBuffer: boolean): Promise<(text: string) => Written> {
  vi.resetModules();
  if (!hasBuffer) vi.stubGlobal('Buffer', undefined);
  return (await import('../../src/internal/slab.ts')).write;
}

afterEach(() => vi.unstubAllGlobals());

function bytesOf({ buffer, start, bytes }: Written): Uint8Array {
  return buffer.slice(start, start + bytes);
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
    const write = await slabOf(hasBuffer);
    const many = Array.from({ length: 3_000 }, (_, index) => `${index}${texts[index % 5]}`);
    const written = many.map((text) => write(text));
    for (const [index, one] of written.entries()) {
      expect(areEqual(bytesOf(one), encoder.encode(many[index]))).toBe(true);
    }
  });

  test.each(texts)(`${where}: %#: a text is whole, and its bytes are counted`, async (text) => {
    const write = await slabOf(hasBuffer);
    // As many as fill several buffers, so that one of them comes last in its buffer.
    for (let times = 0; times < 100; times++) {
      const one = write(text);
      expect(one.bytes).toBe(encoder.encode(text).length);
      expect(areEqual(bytesOf(one), encoder.encode(text))).toBe(true);
    }
  });
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
