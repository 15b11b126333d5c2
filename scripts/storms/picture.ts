import { bar, element, line, picture, text, WIDTH } from '../../tools/svg.ts';
import type { Row, Worst } from './table.ts';
import { MAX_ITEMS, SEEDS } from './table.ts';

const LEFT = 330;
const RIGHT = 150;
const ROW = 34;
const BAR = 13;

const CURVE = { left: 72, top: 92, width: WIDTH - 110, height: 190 };
const BARS_TOP = CURVE.top + CURVE.height + 78;
/** What the axes of the curve show: items sent ÷ calls, and requests ÷ fewest. */
const ITEMS = { from: 1, to: 6 };
const REQUESTS = { from: 1, to: 2 };
/** The end of the bars' logarithmic scale. */
const MOST = 100;

/** The cost of a batch by its length, and the costs of each load by the rule. */
export function stormsPicture(rows: readonly Row[]): string {
  return picture(
    'What failing items cost, one request in flight',
    'Short batches cost requests, long ones are sent in vain. Blue: as built; yellow: whole batches.',
    `The worst of ${SEEDS} draws, ${MAX_ITEMS} items in a whole batch: npm run storms`,
    BARS_TOP + rows.length * ROW + 40,
    [...curve(rows), ...bars(rows)],
  );
}

function curve(rows: readonly Row[]): string[] {
  const parts = [
    text(16, CURVE.top - 14, 'head', 'By the length of a batch, in expected stretches'),
  ];
  for (const requests of [1, 1.1, 1.5, 2]) {
    const y = yOf(requests);
    parts.push(
      line(CURVE.left, y, CURVE.left + CURVE.width, y, requests === 1.1 ? 'mark' : 'axis'),
      text(CURVE.left - 8, y + 4, 'end soft small', `${requests}`),
    );
  }
  const floor = CURVE.top + CURVE.height;
  for (let items = ITEMS.from; items <= ITEMS.to; items++) {
    parts.push(text(xOf(items), floor + 16, 'middle soft small', `${items}`));
  }
  parts.push(
    text(xOf(ITEMS.to), floor + 34, 'end soft small', 'items sent ÷ calls'),
    text(CURVE.left + 8, CURVE.top + 14, 'soft small', 'requests ÷ fewest'),
  );
  const lengths = Array.from({ length: 105 }, (_, index) => 0.8 + index * 0.05);
  const path = lengths.map((length) => pointOf(length).join(',')).join(' L ');
  parts.push(element('path', { d: `M ${path}`, class: 'curve floor' }));
  for (const length of [1, 1.5, 2, 2.8, 4, 5]) {
    const [x, y] = pointOf(length);
    parts.push(
      element('circle', { cx: x, cy: y, r: 3, class: 'floor' }),
      text(x + 6, y - 7, length === 2.8 ? 'head' : 'small', `${length}`),
    );
  }
  for (const { requests, items } of rows.flatMap(builtAtConstantRate)) {
    parts.push(element('circle', { cx: xOf(items), cy: yOf(requests), r: 4, class: 'ours' }));
  }
  return parts;
}

/** Where a batch of so many expected stretches lies, if each item fails alike and stretches are long. */
function pointOf(length: number): readonly [number, number] {
  const meets = 1 - Math.exp(-length);
  return [round(xOf(length / meets)), round(yOf(1 / meets))];
}

function builtAtConstantRate({ load, costs }: Row): readonly Worst[] {
  const built = costs.get('as built');
  return built !== undefined && /^(5|20|50) % fail$/.test(load.title) ? [built] : [];
}

function bars(rows: readonly Row[]): string[] {
  const scale = (WIDTH - LEFT - RIGHT) / Math.log10(MOST);
  const parts = [
    text(16, BARS_TOP - 12, 'head', 'Items sent ÷ calls, by load; logarithmic'),
    text(WIDTH - 16, BARS_TOP - 12, 'end soft small', 'requests ÷ fewest'),
  ];
  rows.forEach(({ load, costs }, index) => {
    const top = BARS_TOP + index * ROW;
    parts.push(text(LEFT - 8, top + BAR + 5, 'end', load.title));
    for (const [at, [name, look]] of looks.entries()) {
      const cost = costs.get(name);
      if (cost === undefined) continue;
      const y = top + at * BAR;
      const width = Math.log10(cost.items) * scale;
      parts.push(
        bar(LEFT, y + 1, width, BAR - 2, look),
        text(LEFT + width + 6, y + 10, 'small', cost.items.toFixed(1)),
        text(WIDTH - 16, y + 10, 'end small', cost.requests.toFixed(2)),
      );
    }
  });
  return parts;
}

const looks = [
  ['whole', 'peer'],
  ['as built', 'ours'],
] as const;

function xOf(items: number): number {
  const { left, width } = CURVE;
  return left + (width * (items - ITEMS.from)) / (ITEMS.to - ITEMS.from);
}

function yOf(requests: number): number {
  const { top, height } = CURVE;
  return top + height * (1 - (requests - REQUESTS.from) / (REQUESTS.to - REQUESTS.from));
}

function round(place: number): number {
  return Math.round(place * 10) / 10;
}
