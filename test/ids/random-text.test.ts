import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const { crypto } = globalThis;
beforeEach(() => void vi.resetModules());
afterEach(() => void vi.unstubAllGlobals());

type Fill = (bytes: Uint8Array) => unknown;

const odd: readonly [string, Fill][] = [
  ['fills in zeros', (bytes) => bytes.fill(0)],
  ['leaves all as it is, and gives something else', () => new Uint8Array(7)],
  ['always fills in the same', (bytes) => bytes.map((_, at) => (bytes[at] = at))],
  ['does nothing', () => undefined],
];

function mock(fill: Fill): void {
  vi.stubGlobal('crypto', { getRandomValues: fill });
}

async function ids() {
  const { generateRoot, isPfid } = await import('../../src/ids/pfid.ts');
  const { makeKey, checkKey } = await import('../../src/ids/idempotency-key.ts');
  return { generateRoot, isPfid, makeKey, checkKey };
}

// More than one filling of the pool.
const many = 3_000;

describe.each(odd)('where a test has crypto.getRandomValues that %s', (_, fill) => {
  test.each(['before', 'after'])(
    'ids and keys are still another each time (%s the client was loaded)',
    async (when) => {
      if (when === 'before') mock(fill);
      const { generateRoot, isPfid, makeKey, checkKey } = await ids();
      if (when === 'after') mock(fill);
      const made = Array.from({ length: many }, generateRoot);
      const keys = Array.from({ length: many }, makeKey);
      expect([new Set(made).size, new Set(keys).size]).toEqual([many, many]);
      expect(made.filter((id) => !isPfid(id))).toEqual([]);
      expect(keys.map(checkKey).filter((problem) => problem !== undefined)).toEqual([]);
    },
  );
});

test('where it was only for a while, keys are made as before', async () => {
  const { makeKey } = await ids();
  mock((bytes) => bytes.fill(0));
  makeKey();
  vi.stubGlobal('crypto', crypto);
  expect(makeKey()).toHaveLength(21);
});
