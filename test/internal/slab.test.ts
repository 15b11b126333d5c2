import { afterEach, expect, test, vi } from 'vitest';
import type { Written } from '../../src/internal/slab.ts';

const encoder = new TextEncoder();

/** As in a runtime with Buffer, or without it. */
async function slabOf(hasBuffer: boolean): Promise<(text: string, bytes: number) => Written> {
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
  'x'.repeat(8_192),
  'x'.repeat(8_193),
  '茶'.repeat(30_000),
];

for (const hasBuffer of [true, false]) {
  const where = hasBuffer ? 'with Buffer' : 'without Buffer';

  test(`${where}: each text stays as it was written, whatever is written after it`, async () => {
    const write = await slabOf(hasBuffer);
    const many = Array.from({ length: 3_000 }, (_, index) => `${index}${texts[index % 5]}`);
    const written = many.map((text) => write(text, encoder.encode(text).length));
    for (const [index, one] of written.entries()) {
      expect(areEqual(bytesOf(one), encoder.encode(many[index]))).toBe(true);
    }
  });

  test.each(texts)(`${where}: %#: a text whose bytes were miscounted is whole`, async (text) => {
    const write = await slabOf(hasBuffer);
    const bytes = encoder.encode(text).length;
    for (const said of [bytes, bytes - 1, bytes + 1, 0, 60_000, 1_000_000]) {
      const one = write(text, said);
      expect(one.bytes).toBe(bytes);
      expect(areEqual(bytesOf(one), encoder.encode(text))).toBe(true);
    }
  });
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
