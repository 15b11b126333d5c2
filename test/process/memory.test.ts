// No growth over very many items.
import { expect, test } from 'vitest';
import { runScript } from '../helpers/child.ts';

/** Caches that fill, and what the runtime has not yet let go; an object leaked per span is more. */
const BOUND_BYTES = 8_000_000;

/** With register, start and finish of their runs, 2.15 items a span: five million in CI. */
const SPANS = process.env['CI'] ? 2_340_000 : 200_000;

test(`the heap is as large after ${SPANS} spans as after half of them`, async () => {
  const { code, stdout, stderr } = await runScript('memory.ts', [`${SPANS}`], ['--expose-gc']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { half, end, ledger } = JSON.parse(stdout) as {
    half: number;
    end: number;
    ledger: unknown;
  };
  expect(ledger).toMatchObject({ accepted: 2.15 * SPANS, succeeded: 2.15 * SPANS });
  expect(end - half).toBeLessThan(BOUND_BYTES);
}, 400_000);

const TRACED = process.env['CI'] ? 200_000 : 20_000;

test(`a tracer holds nothing of ${TRACED} spans that have ended, nor do their handles`, async () => {
  const { code, stdout, stderr } = await runScript(
    'traced-spans.ts',
    [`${TRACED}`],
    ['--expose-gc'],
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { half, end, ...held } = JSON.parse(stdout) as { half: number; end: number };
  expect(held).toMatchObject({ openRuns: 1, openSpans: 0, inputsHeld: 0, handles: 4_000 });
  expect(end - half).toBeLessThan(BOUND_BYTES);
}, 400_000);

const CREATES = 4_000;

test(`${CREATES} creates that failed keep neither their answers nor the reasons of their aborts`, async () => {
  const script = ['refused-creates.ts', [`${CREATES}`], ['--expose-gc']] as const;
  const { code, stdout, stderr } = await runScript(...script);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { grownBy, ledger } = JSON.parse(stdout) as { grownBy: number; ledger: unknown };
  const half = CREATES / 2 + 50;
  expect(ledger).toMatchObject({ refused: half, cancelled: half });
  // They came with 200 MB.
  expect(grownBy).toBeLessThan(2 * BOUND_BYTES);
}, 60_000);
