/** What failures cost in requests, as times of the least that any client needs. */

import { bar, line, lookOf, picture, text, WIDTH } from '../../tools/svg.ts';
import { fixed, whole } from '../report/columns.ts';
import type { Results, Row, ScenarioResult } from '../results.ts';
import { footOf } from './foot.ts';

const LEFT = 200;
const RIGHT = 190;
const ROW = 20;
const HEAD = 36;
const FOOT = 64;

type Bar = Row & { readonly requests: number; readonly leastRequests: number };

export function errorsPlot(results: Results): string | undefined {
  const panels = results.scenarios.filter(({ id }) => /^S[59]\b/.test(id));
  const all = panels.flatMap(barsOf);
  if (all.length === 0) return undefined;
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(...all.map(times)))));
  const scale = (WIDTH - LEFT - RIGHT) / decades;
  let top = 60;
  const parts: string[] = [];
  for (const panel of panels) {
    const bars = barsOf(panel);
    parts.push(...drawn(panel, bars, top, scale));
    top += HEAD + bars.length * ROW;
  }
  const ticks: string[] = [];
  for (let decade = 0; decade <= decades; decade++) {
    const x = LEFT + decade * scale;
    ticks.push(line(x, 66, x, top + 8, 'axis'));
    ticks.push(text(x, top + 22, 'soft small middle', `${whole(10 ** decade)}×`));
  }
  return picture(
    'What failing items cost in requests',
    'Requests ÷ the least that any client needs; logarithmic, so no bar at all is the best. Right: requests, and who was hit.',
    footOf(results),
    top + FOOT,
    [...ticks, ...parts],
  );
}

function barsOf({ rows }: ScenarioResult): readonly Bar[] {
  return rows.flatMap((row) => {
    const { requests, leastRequests } = row;
    return requests === undefined || leastRequests === undefined
      ? []
      : [{ ...row, requests, leastRequests }];
  });
}

function times({ requests, leastRequests }: Bar): number {
  return requests / leastRequests;
}

function drawn(
  { title }: ScenarioResult,
  bars: readonly Bar[],
  top: number,
  scale: number,
): string[] {
  const parts = [text(16, top + 20, 'head', title)];
  bars.forEach((row, index) => {
    const y = top + HEAD - 8 + index * ROW;
    const look = lookOf(row.contender);
    const width = Math.max(0, Math.log10(times(row))) * scale;
    const wrong = row.called - row.settled;
    const hit = wrong === 0 ? '' : `; ${whole(wrong)} wrongly rejected`;
    parts.push(
      text(LEFT - 8, y + 12, look === 'ours' ? 'end ours' : 'end', row.contender),
      bar(LEFT, y + 2, width, ROW - 6, look),
      text(
        LEFT + width + 6,
        y + 12,
        'small',
        `${fixed(times(row))}× (${whole(row.requests)}${hit})`,
      ),
    );
  });
  return parts;
}
