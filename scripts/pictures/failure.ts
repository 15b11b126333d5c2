import { element, text } from '../../tools/svg.ts';
import type { FailureStory } from './failure-story.ts';

const WIDTH = 860;
const HEIGHT = 252;
const COLUMNS = 20;
const PITCH = 19;
const CELL = 15;
const TOP = 82;
const LEFT = 20;
const RIGHT = WIDTH - 20 - (COLUMNS - 1) * PITCH - CELL;

type Look = 'resolved' | 'rejected' | 'skipped' | 'later';

/** Two requests side by side: a square is an item, and its look is what became of it there. */
export function failurePicture({
  requests: [first = [], second = [], ...more],
  rejected,
}: FailureStory): string {
  const [failed] = rejected.keys();
  if (failed === undefined || rejected.size > 1 || more.length > 0) {
    throw new Error('The story is another one: draw another picture.');
  }
  const stop = first.indexOf(failed);
  const again = second.filter((number) => first.includes(number));
  const later = second.length - again.length;
  const lookInFirst = (index: number): Look =>
    index < stop ? 'resolved' : index === stop ? 'rejected' : 'skipped';
  const lookInSecond = (index: number): Look => (index < again.length ? 'resolved' : 'later');

  return svg(`${first.length} calls, one request, and number ${failed} fails`, [
    text(LEFT, TOP - 14, 'head', `request 1: ${first.length} calls of one tick`),
    ...first.map((number, index) =>
      square(LEFT, index, lookInFirst(index), number === failed ? `${failed}` : ''),
    ),
    ...legend(LEFT, [
      ['resolved', `${stop} resolve, each with its own result`],
      ['rejected', `1 rejects, with its own error: ${rejected.get(failed)}`],
      ['skipped', `${again.length} were not reached: the server stops at the first error`],
    ]),
    arrow(RIGHT - 34, RIGHT - 12, TOP + 2 * PITCH + CELL / 2),
    text(RIGHT, TOP - 14, 'head', 'request 2: at once, and by itself'),
    ...second.map((_, index) => square(RIGHT, index, lookInSecond(index), '')),
    ...legend(RIGHT, [
      ['resolved', `the same ${again.length}, in their old places: they resolve too`],
      ['later', `${later} calls that were made meanwhile stand behind them`],
    ]),
  ]);
}

function square(x: number, index: number, look: Look, label: string): string {
  const left = x + (index % COLUMNS) * PITCH;
  const top = TOP + Math.floor(index / COLUMNS) * PITCH;
  return box(left, top, look) + (label && text(left + CELL / 2, top + 11, 'number', label));
}

function legend(x: number, rows: readonly (readonly [Look, string])[]): string[] {
  return rows.map(([look, meaning], index) => {
    const y = TOP + 5 * PITCH + 12 + index * 22;
    return box(x, y, look) + text(x + CELL + 8, y + 12, 'text', meaning);
  });
}

function box(x: number, y: number, look: Look): string {
  // The line of a hollow square is half outside of it.
  const inset = look === 'skipped' ? 0.75 : 0;
  const size = CELL - 2 * inset;
  return element('rect', {
    x: x + inset,
    y: y + inset,
    width: size,
    height: size,
    rx: 3,
    class: look,
  });
}

function arrow(from: number, to: number, y: number): string {
  return element('path', { d: `M${from} ${y}H${to}m-7 -6 7 6 -7 6`, class: 'arrow' });
}

function svg(title: string, parts: readonly string[]): string {
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    element('title', {}, title),
    element('style', {}, STYLE),
    text(LEFT, 30, 'title', title),
    ...parts,
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

// Without a background, so the colours have to be read on white and on black.
const STYLE = `
text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #6e7781 }
.title { font-size: 17px; font-weight: 600 }
.head { font-weight: 600 }
.number { font-size: 9.5px; font-weight: 700; text-anchor: middle; fill: #fff }
.resolved { fill: #2da44e }
.rejected { fill: #cf222e }
.skipped { fill: none; stroke: #2da44e; stroke-width: 1.5; stroke-dasharray: 2.5 2 }
.later { fill: #8c959f; fill-opacity: .55 }
.arrow { fill: none; stroke: #8c959f; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #c9d1d9 }
  .number { fill: #fff }
}`;
