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
  const { IdGenerator } = await import('../../src/ids/id-generator.ts');
  const { isPfid } = await import('../../src/ids/pfid.ts');
  const { checkKey } = await import('../../src/ids/idempotency-key.ts');
  return { IdGenerator, isPfid, checkKey };
}

// More than one filling of the pool.
const many = 3_000;

describe.each(odd)('where a test has crypto.getRandomValues that %s', (_, fill) => {
  test.each(['before', 'after'])(
    'ids and keys are still another each time (%s the client was loaded)',
    async (when) => {
      if (when === 'before') mock(fill);
      const { IdGenerator, isPfid, checkKey } = await ids();
      if (when === 'after') mock(fill);
      const both = [new IdGenerator(), new IdGenerator()];
      const made = both.flatMap((one) => Array.from({ length: many }, () => one.makeRoot()));
      const keys = both.flatMap((one) => Array.from({ length: many }, () => one.makeKey()));
      expect([new Set(made).size, new Set(keys).size]).toEqual([2 * many, 2 * many]);
      expect(made.filter((id) => !isPfid(id))).toEqual([]);
      expect(keys.map(checkKey).filter((problem) => problem !== undefined)).toEqual([]);
    },
  );
});

test('where it was only for a while, keys are made as before', async () => {
  const { IdGenerator } = await ids();
  const ours = new IdGenerator();
  mock((bytes) => bytes.fill(0));
  ours.makeKey();
  vi.stubGlobal('crypto', crypto);
  expect(ours.makeKey()).toHaveLength(21);
});

test('random values are drawn for many keys and ids at a time', async () => {
  const draw = vi.spyOn(crypto, 'getRandomValues');
  const { IdGenerator } = await ids();
  const ours = new IdGenerator();
  for (let made = 0; made < 1_000; made++) [ours.makeKey(), ours.makeRoot()];
  expect(draw.mock.calls.length).toBeLessThan(20);
  draw.mockRestore();
});
