// What outlives its call: no argument, no answer, no reason of an abort.
import { expect, test } from 'vitest';
import { runScript } from '../helpers/child.ts';

/** Of 200 calls with 200,000 characters each: had each kept its own, it would be 40 MB. */
const BOUND_BYTES = 8_000_000;

test('what is large of a call that is over is let go, however it ended, though its error is kept', async () => {
  const { code, stdout, stderr } = await runScript('held.ts', [], ['--expose-gc']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { grown, kept, pending } = JSON.parse(stdout) as {
    grown: Record<string, number>;
    kept: number;
    pending: number;
  };
  expect(pending).toBe(0);
  expect(kept).toBeGreaterThan(500);
  expect(Object.keys(grown).length).toBeGreaterThan(10);
  expect(Object.entries(grown).filter(([, bytes]) => bytes > BOUND_BYTES)).toEqual([]);
}, 120_000);
