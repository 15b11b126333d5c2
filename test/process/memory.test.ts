// style.md 6: no growth over very many items.
import { expect, test } from 'vitest';
import { runScript } from '../helpers/child.ts';

/** Caches that fill, and what the runtime has not yet let go; an object leaked per span is more. */
const BOUND_BYTES = 8_000_000;

test('the heap is as large after 200,000 spans as after 100,000', async () => {
  const { code, stdout, stderr } = await runScript('memory.ts', [], ['--expose-gc']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { half, end, ledger } = JSON.parse(stdout) as {
    half: number;
    end: number;
    ledger: unknown;
  };
  expect(ledger).toMatchObject({ accepted: 430_000, succeeded: 430_000 });
  expect(end - half).toBeLessThan(BOUND_BYTES);
}, 60_000);
