import { describe, expect, test, vi } from 'vitest';
import { utf8Length } from '../../src/internal/bytes.ts';

const texts: readonly [string, number][] = [
  ['', 0],
  ['tea', 3],
  ['é', 2],
  ['茶', 3],
  ['🍵', 4],
  ['\ud83c', 3],
  ['\udf75', 3],
  ['\udf75\ud83c', 6],
  ['a🍵é茶'.repeat(1_000), 10_000],
];

test.each(texts)('with Buffer: %j', (text, bytes) => {
  expect(utf8Length(text)).toBe(bytes);
});

describe('without Buffer', () => {
  test.each(texts)('%j', (text, bytes) => {
    vi.stubGlobal('Buffer', undefined);
    const length = utf8Length(text);
    vi.unstubAllGlobals();
    expect(length).toBe(bytes);
  });
});
