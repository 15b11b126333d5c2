import { expect, test } from 'vitest';
import { resultOf } from '../../bench/rows.ts';
import type { Outcome, Round } from '../../bench/run-scenario.ts';
import type { Scenario } from '../../bench/scenarios/scenario.ts';
import { entry, LOCAL, PLAIN } from '../../bench/scenarios/scenario.ts';

const load = { kind: 'burst', calls: 1_000, perTurn: 100, bytes: 325, spans: 'open' } as const;

function outcome(label: string, cpuMs: readonly number[], items = 1_000): Outcome {
  const rounds = cpuMs.map((each, index): Round => {
    const seen = { requests: 10, inFlight: 1, items };
    return {
      number: index + 1,
      called: 1_000,
      settled: 1_000,
      cpuMs: each,
      ms: 1,
      seen,
      errors: [],
    };
  });
  return { entry: entry('ours', 4, rounds.length, load, { label }), rounds };
}

function rowsOf(outcomes: readonly Outcome[]): ReturnType<typeof resultOf>['rows'] {
  const entries = outcomes.map(({ entry }) => entry);
  const words = { id: 'S', title: '', setting: '' };
  const scenario: Scenario = { ...words, server: LOCAL, columns: [], entries };
  return resultOf(scenario, outcomes).rows;
}

test('what a call costs over a plain one is compared within each round', () => {
  const rows = rowsOf([outcome(PLAIN, [10, 30, 20]), outcome('more', [11, 32, 29, 1])]);
  expect(rows.map(({ overPlainUs }) => overPlainUs)).toEqual([0, 2]);
});

test('where no plain call is measured, nothing is said to be over it', () => {
  expect(rowsOf([outcome('ours', [10])])[0]).not.toHaveProperty('overPlainUs');
});

test('an item that was sent again is counted again', () => {
  expect(rowsOf([outcome('ours', [10], 3_500)])[0]?.itemsPerCall).toBe(3.5);
});
