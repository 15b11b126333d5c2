import { expect, test } from 'vitest';
import { goalsOf } from '../../bench/goals.ts';
import { readResults } from '../../bench/report/documents.ts';
import type { Row } from '../../bench/results.ts';
import { scenarioNames } from '../../bench/scenarios/index.ts';

function storm(percent: number, requests: number): ReturnType<typeof scenarioOf> {
  return scenarioOf(`S9 ${percent} % fail`, { requests, leastRequests: 100 });
}

function scenarioOf(id: string, row: Partial<Row>) {
  const ours: Row = { contender: 'ours', rounds: 1, settled: 1, called: 1, ...row };
  return { id, title: '', setting: '', columns: [], rows: [ours] };
}

function stormGoal(scenarios: ReturnType<typeof scenarioOf>[]): number | undefined {
  const goals = goalsOf({ scenarios, bundleKb: 1 });
  return goals.find(({ what }) => what.startsWith('requests ÷ least possible, worst of 1'))?.value;
}

test('of several storms the worst counts', () => {
  expect(stormGoal([storm(1, 100), storm(5, 130), storm(20, 110), storm(50, 105)])).toBe(1.3);
});

test('where a storm is missing, the worst is not known', () => {
  expect(stormGoal([storm(1, 100), storm(5, 130), storm(20, 110)])).toBeUndefined();
});

test('each goal is about a scenario that there is', () => {
  const names = scenarioNames();
  const goals = goalsOf(readResults() ?? { scenarios: [], bundleKb: 1 });
  expect(goals.filter(({ scenario }) => scenario !== '' && !names.includes(scenario))).toEqual([]);
});
