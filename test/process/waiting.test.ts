// What waits, or is kept by its caller, holds no more than it needs.
import { expect, test } from 'vitest';
import { runScript } from '../helpers/child.ts';

/** `bench` has the figure; here a field or two may come, but no further object. */
const BYTES_PER_CALL = 1_150;

test('a call that waits is few objects, and a key is a text of its own', async () => {
  const { code, stdout, stderr } = await runScript('waiting.ts', [], ['--expose-gc']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { bytesPerCall, bytesPerKey } = JSON.parse(stdout) as Record<string, number>;
  expect(bytesPerCall).toBeLessThan(BYTES_PER_CALL);
  // Cut out of the random text that it comes from, it would hold 32 kB.
  expect(bytesPerKey).toBeLessThan(1_000);
}, 60_000);
