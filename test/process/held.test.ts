// What outlives its call: no argument, no answer, no reason of an abort.
import { expect, test } from 'vitest';
import { runScript } from '../helpers/child.ts';

/** Of 400 calls with 200,000 characters each: had each kept its own, it would be 80 MB. */
const BOUND_BYTES = 8_000_000;

test.each([
  'finishes with keys of their own',
  'actions with keys of their own',
  'keys that were cut out of a text',
  'fields with names as large as answers',
  'errors of items',
  'errors of requests',
  'codes as large as answers',
  'answers that are none',
  'outputs that are none',
])(
  '%s: what is large of them is let go',
  async (kind) => {
    const { code, stdout, stderr } = await runScript('held.ts', [kind], ['--expose-gc']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { grown, pending } = JSON.parse(stdout) as { grown: number; pending: number };
    expect(pending).toBe(0);
    expect(grown).toBeLessThan(BOUND_BYTES);
  },
  60_000,
);
