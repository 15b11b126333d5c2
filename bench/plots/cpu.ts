/** CPU of a span by contender: what is dear is cut off, so that the others can be told apart. */

import { bar, line, lookOf, picture, text, WIDTH } from '../../tools/svg.ts';
import { fixed } from '../report/columns.ts';
import type { Results, Row, ScenarioResult } from '../results.ts';
import { footOf } from './foot.ts';

const LEFT = 200;
const RIGHT = 90;
const ROW = 20;
const HEAD = 46;
const FOOT = 40;
/** The scale ends at so many times the floor. */
const SCALE = 3;

type Bar = Row & { readonly cpuUs: number };

export function cpuPlot(results: Results): string | undefined {
  const panels = ['S1 foreign', 'S4 foreign'].flatMap((id) => {
    const scenario = results.scenarios.find((scenario) => scenario.id === id);
    return scenario === undefined ? [] : [scenario];
  });
  if (panels.length === 0) return undefined;
  let top = 64;
  const parts: string[] = [];
  for (const panel of panels) {
    const bars = barsOf(panel);
    parts.push(...drawn(panel, bars, top));
    top += HEAD + bars.length * ROW;
  }
  return picture(
    'What a call costs the caller’s process',
    'CPU time of a span, in microseconds. Dashed: the floor, the same batching by hand on fetch. Shorter is better.',
    footOf(results),
    top + FOOT,
    parts,
  );
}

function barsOf({ rows }: ScenarioResult): readonly Bar[] {
  return rows
    .filter(({ contender }) => contender !== 'nothing')
    .flatMap((row) => (row.cpuUs === undefined ? [] : [{ ...row, cpuUs: row.cpuUs }]))
    .sort((a, b) => a.cpuUs - b.cpuUs);
}

function drawn({ title, id }: ScenarioResult, bars: readonly Bar[], top: number): string[] {
  const floor = bars.find(({ contender }) => contender === 'floor-fetch')?.cpuUs;
  const dearest = bars.at(-1)?.cpuUs ?? 1;
  const most = floor === undefined ? dearest : Math.min(dearest, floor * SCALE);
  const scale = (WIDTH - LEFT - RIGHT) / most;
  const parts = [text(16, top + 20, 'head', `${title} (${id})`)];
  bars.forEach(({ contender, cpuUs, note }, index) => {
    const y = top + HEAD - 14 + index * ROW;
    const look = lookOf(contender);
    const width = Math.min(cpuUs, most) * scale;
    parts.push(
      text(LEFT - 8, y + 12, look === 'ours' ? 'end ours' : 'end', contender),
      bar(LEFT, y + 2, width, ROW - 6, look),
    );
    // Two gaps in a bar say that it would go on.
    if (cpuUs > most) {
      const cut = LEFT + width - 24;
      parts.push(line(cut, y + ROW - 2, cut + 6, y, 'gap'));
      parts.push(line(cut + 7, y + ROW - 2, cut + 13, y, 'gap'));
    }
    const star = note?.startsWith('tells nobody') ? ' *' : '';
    parts.push(text(LEFT + width + 6, y + 12, 'small', fixed(cpuUs) + star));
  });
  const bottom = top + HEAD - 12 + bars.length * ROW;
  if (floor !== undefined) {
    const x = LEFT + floor * scale;
    parts.push(line(x, top + HEAD - 16, x, bottom, 'mark'));
  }
  if (bars.some(({ note }) => note?.startsWith('tells nobody'))) {
    parts.push(
      text(WIDTH - 16, top + 20, 'end soft small', '* tells nobody what became of a span'),
    );
  }
  return parts;
}
