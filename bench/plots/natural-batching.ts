/** How batches grow with the load and the round trip, and what that costs in time. */

import { element, line, lookOf, picture, text, WIDTH } from '../../tools/svg.ts';
import { fixed, whole } from '../report/columns.ts';
import type { GridCell, Results } from '../results.ts';
import { footOf } from './foot.ts';

const LEFT = 64;
const RIGHT = 24;
const TOP = 138;
const PANEL = 140;
const GAP = 52;
const BLOCK_GAP = 24;

interface Panel {
  readonly title: string;
  readonly value: (cell: GridCell) => number;
  /** What is below it is drawn as if it were this; a logarithmic scale has no zero. */
  readonly least: number;
}

const PANELS: readonly Panel[] = [
  {
    title: 'Requests for 1,000 calls',
    value: ({ requests, called }) => (requests / called) * 1000,
    least: 1,
  },
  {
    title: 'p50 beyond the round trip, ms',
    value: ({ p50Ms, rttMs }) => p50Ms - rttMs,
    least: 0.1,
  },
  {
    title: 'p99 beyond the round trip, ms',
    value: ({ p99Ms, rttMs }) => p99Ms - rttMs,
    least: 0.1,
  },
];

/** The axes that all panels share. */
interface Axes {
  readonly rtts: readonly number[];
  readonly rates: readonly number[];
  readonly x: (rtt: number, rate: number) => number;
}

export function gridPlot(results: Results): string | undefined {
  const { grid } = results;
  if (grid.length === 0) return undefined;
  // Ours last, so that it lies on top.
  const contenders = [...new Set(grid.map(({ contender }) => contender))].toReversed();
  const axes = axesOf(grid);
  const heads = axes.rtts.map((rttMs, rtt) =>
    text(axes.x(rtt, (axes.rates.length - 1) / 2), 104, 'middle head', `round trip ${rttMs} ms`),
  );
  const panels = PANELS.flatMap((panel, index) =>
    drawn(panel, grid, contenders, axes, TOP + index * (PANEL + GAP)),
  );
  return picture(
    'Natural batching: the busier, the fuller',
    'A steady load over a network, by round trip and calls a second. Lower is better in all three.',
    footOf(results),
    TOP + PANELS.length * (PANEL + GAP) + 24,
    [...legend(contenders.toReversed()), ...heads, ...panels],
  );
}

function axesOf(grid: readonly GridCell[]): Axes {
  const rtts = ascending(grid.map(({ rttMs }) => rttMs));
  const rates = ascending(grid.map(({ callsPerSecond }) => callsPerSecond));
  const block = (WIDTH - LEFT - RIGHT - BLOCK_GAP * (rtts.length - 1)) / rtts.length;
  const x = (rtt: number, rate: number): number =>
    LEFT + rtt * (block + BLOCK_GAP) + (block * (rate + 0.5)) / rates.length;
  return { rtts, rates, x };
}

function ascending(values: readonly number[]): readonly number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

function legend(contenders: readonly string[]): string[] {
  return contenders.flatMap((contender, index) => {
    const x = LEFT + index * 150;
    const look = lookOf(contender);
    return [
      element('circle', { cx: x, cy: 70, r: 5, class: look }),
      text(x + 10, 74, '', contender),
    ];
  });
}

function drawn(
  { title, value, least }: Panel,
  grid: readonly GridCell[],
  contenders: readonly string[],
  { rtts, rates, x }: Axes,
  top: number,
): string[] {
  const logOf = (cell: GridCell): number => Math.log10(Math.max(value(cell), least));
  const lowest = Math.min(...grid.map(logOf));
  const highest = Math.max(...grid.map(logOf));
  // Room for the figures, and at least one line to read by.
  const low = lowest - 0.25;
  const high = Math.max(highest, Math.ceil(lowest)) + 0.25;
  const y = (log: number): number => top + PANEL * (1 - (log - low) / (high - low));

  const parts = [text(16, top - 6, 'head', title)];
  for (let decade = Math.ceil(low); decade <= high; decade++) {
    parts.push(line(LEFT, y(decade), WIDTH - RIGHT, y(decade), 'axis'));
    parts.push(text(LEFT - 8, y(decade) + 4, 'end soft small', decadeText(decade)));
  }
  rtts.forEach((rttMs, rtt) => {
    const column = grid.filter((cell) => cell.rttMs === rttMs);
    rates.forEach((rate, at) => {
      parts.push(text(x(rtt, at), top + PANEL + 14, 'middle soft small', `${whole(rate)}/s`));
    });
    for (const contender of contenders) {
      const look = lookOf(contender);
      const points = column
        .filter((cell) => cell.contender === contender)
        .map((cell) => ({
          cell,
          cx: x(rtt, rates.indexOf(cell.callsPerSecond)),
          cy: y(logOf(cell)),
        }));
      const path = points.map(({ cx, cy }) => `${cx.toFixed(1)},${cy.toFixed(1)}`).join(' L ');
      parts.push(element('path', { d: `M ${path}`, class: `curve ${look}` }));
      for (const { cx, cy, cell } of points) {
        parts.push(element('circle', { cx, cy, r: 3.5, class: look }));
        if (look !== 'ours') continue;
        const isHighest = column.every(
          (other) => other.callsPerSecond !== cell.callsPerSecond || logOf(other) <= logOf(cell),
        );
        parts.push(
          text(cx, cy + (isHighest ? -8 : 16), 'middle small ours halo', fixed(value(cell))),
        );
      }
    }
  });
  return parts;
}

function decadeText(decade: number): string {
  return decade < 0 ? (10 ** decade).toFixed(-decade) : whole(10 ** decade);
}
