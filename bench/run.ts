/**
 * `npm run bench`: our client beside the floor and its peers. `-- --quick` for a look, `-- --smoke`
 * only to see that all of it still runs; `--only S1,S4`, `--contenders ours,floor-fetch`; `--write`
 * keeps the results, as a full run does; `--render` only renders the documents again.
 */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { Slots } from '../src/recordings/concurrency-slots.ts';
import { CONTENDERS } from './contenders/index.ts';
import { goalsOf } from './goals.ts';
import { machine, versions } from './machine.ts';
import { build, bundleKb, checkPeerTypes, installPeers } from './prepare.ts';
import { render, writeResults } from './report/documents.ts';
import { asText, goalTable, tableOf } from './report/table.ts';
import type { GridCell, Results, ScenarioResult } from './results.ts';
import { cellsOf, problemsOf, resultOf } from './rows.ts';
import type { Outcome } from './run-scenario.ts';
import { runScenario } from './run-scenario.ts';
import type { Selection } from './scenarios/index.ts';
import { scenarioNames, scenariosOf } from './scenarios/index.ts';
import type { Mode, Scenario } from './scenarios/scenario.ts';

interface Asked extends Selection {
  readonly mode: Mode;
  readonly write: boolean;
  readonly render: boolean;
}

async function main(asked: Asked): Promise<void> {
  if (asked.render) return render();
  await build();
  await installPeers();
  if (asked.mode === 'smoke') await checkPeerTypes();
  const { results, problems } = await measure(asked);
  if (asked.write) {
    writeResults(results);
    render();
  }
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}

async function measure(
  asked: Asked,
): Promise<{ readonly results: Results; readonly problems: readonly string[] }> {
  const scenarios: ScenarioResult[] = [];
  const grid: GridCell[] = [];
  const problems: string[] = [];
  // Where nothing is said about timing, two scenarios may run at once.
  const slots = new Slots(asked.mode === 'smoke' ? 2 : 1);
  const measured = scenariosOf(asked.mode, asked).map((scenario) => ({
    scenario,
    running: slots.use(() => timed(scenario)),
  }));
  for (const { scenario, running } of measured) {
    const { outcomes, seconds } = await running;
    const result = resultOf(scenario, outcomes);
    problems.push(...problemsOf(scenario, outcomes));
    if (scenario.grid === undefined) scenarios.push(result);
    else grid.push(...cellsOf(scenario, result));
    console.log(`\n${result.id}: ${result.title} (${seconds.toFixed(0)} s)\n${result.setting}\n`);
    console.log(asText(tableOf(result)));
  }
  const kB = await bundleKb();
  const goals = goalsOf({ scenarios, bundleKb: kB }).filter(({ value }) => value !== undefined);
  console.log(`\nGoals\n\n${asText(goalTable(goals))}`);
  if (asked.mode !== 'full') console.log('\nNot a full run: for a look, not to be quoted.');
  const date = new Date().toISOString().slice(0, 10);
  const { mode } = asked;
  const about = { date, mode, machine: machine(), versions: versions() };
  return { results: { ...about, scenarios, grid, bundleKb: kB }, problems };
}

async function timed(
  scenario: Scenario,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly seconds: number }> {
  const startMs = performance.now();
  const outcomes = await runScenario(scenario);
  return { outcomes, seconds: (performance.now() - startMs) / 1000 };
}

function ask(args: readonly string[]): Asked {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      only: { type: 'string' },
      contenders: { type: 'string' },
      write: { type: 'boolean', default: false },
      render: { type: 'boolean', default: false },
    },
  });
  const mode = values.smoke ? 'smoke' : values.quick ? 'quick' : 'full';
  const only = listOf(values.only, scenarioNames(), '--only');
  const contenders = listOf(values.contenders, CONTENDERS, '--contenders');
  const isWhole = mode === 'full' && only === undefined && contenders === undefined;
  return { mode, only, contenders, write: values.write || isWhole, render: values.render };
}

function listOf(
  text: string | undefined,
  known: readonly string[],
  option: string,
): readonly string[] | undefined {
  const names = text?.split(',').map((name) => name.trim());
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw new Error(`${option}: "${unknown}" is none of ${known.join('; ')}.`);
}

try {
  await main(ask(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
