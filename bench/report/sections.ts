/** The parts of the documents that are made from the results, by the names of their markers. */
import { goalsOf } from '../goals.ts';
import type { Results, Row, ScenarioResult } from '../results.ts';
import { fixed, whole } from './columns.ts';
import { asMarkdown, goalTable, tableOf } from './table.ts';

const NOT_MEASURED = 'Not measured in this run.';

export function sectionOf(name: string, results: Results): string {
  switch (name) {
    case 'run':
      return runLine(results);
    case 'goals':
      return asMarkdown(goalTable(goalsOf(results)));
    case 'numbers':
      return numbers(results);
    case 's7':
      return growth(results);
    case 'grid':
      return grid(results);
    default:
      return scenarios(name, results);
  }
}

function runLine({ date, mode, machine, versions }: Results): string {
  const { node, ...packages } = versions;
  const { cpu, cores, memoryGb, os } = machine;
  const list = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  const look = mode === 'full' ? '' : ` A ${mode} run: for a look, not to be quoted.`;
  return (
    `Measured on ${date}: Node ${node}, ${cores} cores (${cpu}), ${memoryGb} GB, ${os}.${look}\n` +
    `Versions: ${list.join(', ')}.`
  );
}

/** What a reader of the README wants to know, and no more. */
function numbers(results: Results): string {
  // Of the two kinds of spans the dearer.
  const s1 = find(results, 'S1 foreign');
  const s2 = find(results, 'S2');
  if (s1 === undefined || s2 === undefined) return NOT_MEASURED;
  const contenders = [
    ['ours', 'prefactor-autobatch'],
    ['floor-fetch', 'batched by hand on `fetch`'],
    ['dataloader+fetch', 'dataloader + `fetch`'],
    ['one by one, 64 in flight', 'a `fetch` for each call'],
    ['@prefactor/core', '@prefactor/core'],
  ] as const;
  const rows = contenders.map(([label, name]) => {
    const [fast, steady] = [rowOf(s1, label), rowOf(s2, label)];
    const isLate = steady !== undefined && steady.settled < steady.called;
    return [
      name,
      `${fixed(fast?.cpuUs)} µs`,
      whole(fast?.perSecond),
      isLate ? `too slow: ${percent(steady)} settled` : whole(steady?.requests),
      isLate || steady?.p99Ms === undefined ? '' : `${fixed(steady.p99Ms)} ms`,
    ];
  });
  const heads = ['', 'CPU a call', 'calls/s', 'requests', 'p99'];
  const { machine, versions, date } = results;
  return [
    asMarkdown({ heads, rows }),
    '',
    'CPU and calls a second: open spans of 325 bytes whose ids the server makes, as fast as possible, to a',
    `local server. Requests and p99: ${s2.setting}`,
    `Node ${versions['node']} on ${machine.cores} cores (${machine.cpu}), ${date}.`,
  ].join('\n');
}

function percent({ settled, called }: Row): string {
  return `${whole((settled / called) * 100)} %`;
}

/** One row for each contender, and one column for each size. */
function growth(results: Results): string {
  const parts = results.scenarios.filter(({ id }) => id.startsWith('S7 '));
  const first = parts[0];
  if (first === undefined) return NOT_MEASURED;
  const heads = ['contender', ...parts.map(({ id }) => id.replace('S7 ', ''))];
  const rows = first.rows.map(({ contender }) => [
    contender,
    ...parts.map((part) => {
      const row = rowOf(part, contender);
      return `${fixed(row?.cpuUs)} (${fixed(row?.toFetch?.cpu)})`;
    }),
  ]);
  const setting = 'CPU µs of a call, and ÷ floor-fetch of the same rounds.';
  return `${setting}\n\n${asMarkdown({ heads, rows })}`;
}

function grid({ grid: cells }: Results): string {
  if (cells.length === 0) return NOT_MEASURED;
  const contenders = [...new Set(cells.map(({ contender }) => contender))];
  const loads = new Map(cells.map((cell) => [`${cell.callsPerSecond} ${cell.rttMs}`, cell]));
  const rows = [...loads.values()].map(({ callsPerSecond, rttMs }) => [
    whole(callsPerSecond),
    whole(rttMs),
    ...contenders.map((contender) => {
      const cell = cells.find(
        (other) =>
          other.contender === contender &&
          other.callsPerSecond === callsPerSecond &&
          other.rttMs === rttMs,
      );
      if (cell === undefined) return '';
      const per1000 = (cell.requests / cell.called) * 1000;
      const late = cell.settled < cell.called ? ' (late)' : '';
      return `${fixed(per1000)} / ${fixed(cell.p50Ms)} / ${fixed(cell.p99Ms)}${late}`;
    }),
  ]);
  return (
    'Requests for 1,000 calls / p50 ms / p99 ms.\n\n' +
    asMarkdown({ heads: ['calls/s', 'round trip ms', ...contenders], rows })
  );
}

/** `s1`: the scenario S1; `s9`: all whose ids begin so. */
function scenarios(name: string, results: Results): string {
  const found = results.scenarios.filter(({ id }) => id.split(' ', 1)[0]?.toLowerCase() === name);
  if (found.length === 0) return NOT_MEASURED;
  return found
    .map((scenario) => {
      const head = found.length > 1 ? `**${scenario.title}.** ` : '';
      return `${head}${scenario.setting}\n\n${asMarkdown(tableOf(scenario))}`;
    })
    .join('\n\n');
}

function find({ scenarios }: Results, id: string): ScenarioResult | undefined {
  return scenarios.find((scenario) => scenario.id === id);
}

function rowOf({ rows }: ScenarioResult, label: string): Row | undefined {
  return rows.find(({ contender }) => contender === label);
}
