/** A table as rows of text, whatever it is written to. */
import type { Goal, Row, ScenarioResult } from '../results.ts';
import { COLUMNS, fixed, whole } from './columns.ts';

export interface Table {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function tableOf({ columns, rows }: ScenarioResult): Table {
  const shown = columns.map((column) => COLUMNS[column]);
  const hasNotes = rows.some(({ note }) => note !== undefined);
  return {
    heads: ['contender', ...shown.flatMap(({ heads }) => heads), ...(hasNotes ? ['note'] : [])],
    rows: rows.map((row: Row) => [
      row.contender,
      ...shown.flatMap(({ cells }) => cells(row)),
      ...(hasNotes ? [row.note ?? ''] : []),
    ]),
  };
}

export function goalTable(goals: readonly Goal[]): Table {
  return {
    heads: ['scenario', 'what', 'value', 'goal', 'moonshot', ''],
    rows: goals.map((goal) => {
      const { scenario, what, value, unit, moonshot } = goal;
      const sign = goal.bound === 'most' ? '≤' : '≥';
      return [
        scenario,
        unit === '' ? what : `${what}, ${unit}`,
        value === undefined ? '' : amount(value),
        `${sign} ${amount(goal.goal)}`,
        moonshot === undefined ? '' : `${sign} ${amount(moonshot)}`,
        verdict(goal),
      ];
    }),
  };
}

function verdict({ bound, value, goal, moonshot }: Goal): string {
  if (value === undefined) return 'not measured';
  const meets = (wanted: number): boolean => (bound === 'most' ? value <= wanted : value >= wanted);
  if (moonshot !== undefined && meets(moonshot)) return 'moonshot met';
  if (meets(goal)) return 'met';
  const off = goal === 0 ? value : Math.abs(value / goal - 1) * 100;
  return goal === 0 ? `missed by ${amount(off)}` : `missed by ${amount(off)} %`;
}

function amount(value: number): string {
  return Number.isInteger(value) ? whole(value) : fixed(value);
}

export function asText({ heads, rows }: Table): string {
  const lines = [heads, ...rows];
  const widths = heads.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, at) =>
          (isText(heads, at) ? cell.padEnd : cell.padStart).call(cell, widths[at] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function asMarkdown({ heads, rows }: Table): string {
  const rule = heads.map((_, at) => (isText(heads, at) ? '---' : '---:'));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(rule), ...rows.map((cells) => line(cells.map(escaped)))].join('\n');
}

const TEXTS = ['contender', 'scenario', 'what', 'note', ''];

function isText(heads: readonly string[], at: number): boolean {
  return TEXTS.includes(heads[at] ?? '');
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|');
}
