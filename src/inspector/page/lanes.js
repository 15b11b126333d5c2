/** A lane for each request, newest first: its items by outcome, and arrows from where re-queued items came. */
import { byId, element, svg } from './dom.js';
import { legend } from './legend.js';
import { partsOf, state } from './state.js';
import { counted, duration } from './words.js';

const MAX_SHOWN = 40;
const MAX_PARTS = 24;
const CELL_HEIGHT = 18;
const MAX_CELL = 16;
/** A failed item is never narrower, so that its sign can be read. */
const MIN_FAILED = 14;

const byLetter = new Map(
  Object.entries(legend).map(([name, entry]) => [entry.letter, { name, ...entry }]),
);
const rows = new Map();
let cell = 8;

export function drawLanes() {
  const lanes = [...state.lanes.values()].slice(-MAX_SHOWN).reverse();
  byId('no-lanes').hidden = lanes.length > 0;
  const grid = byId('lanes');
  const hasCellChanged = fitCell(lanes, grid);
  const shown = new Set(lanes.map(({ number }) => number));
  for (const [number, row] of rows) {
    if (shown.has(number)) continue;
    row.root.remove();
    rows.delete(number);
  }
  let before = null;
  for (const lane of [...lanes].reverse()) {
    const row = rows.get(lane.number) ?? newRow(lane);
    if (row.lane !== lane || hasCellChanged) fillRow(row, lane);
    if (row.root.parentNode !== grid || row.root.nextSibling !== before)
      grid.insertBefore(row.root, before);
    before = row.root;
  }
  if (grid.querySelector('[tabindex="0"]') === null) {
    grid.querySelector('[role=gridcell]')?.setAttribute('tabindex', '0');
  }
  drawArrows(lanes);
}

/** The width of an item: as large as the longest request allows. Returns whether it has changed. */
function fitCell(lanes, grid) {
  const width = grid.querySelector('.parts')?.clientWidth || Math.max(120, grid.clientWidth - 260);
  const longest = Math.max(1, ...lanes.map(({ items, dropped }) => items + dropped));
  const steps = [16, 14, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0.5, 0.2, 0.1, 0.05];
  const fitting = steps.find((step) => step * longest <= width - 44) ?? (width - 44) / longest;
  const next = Math.min(MAX_CELL, fitting);
  if (next === cell && byId('patterns').childElementCount > 0) return false;
  cell = next;
  drawPatterns();
  return true;
}

function drawPatterns() {
  const patterns = Object.entries(legend).map(([name, entry]) => {
    const gap = cell >= 5 ? 2 : cell >= 3 ? 1 : 0;
    const width = name === 'failed' ? Math.max(cell, MIN_FAILED) : cell;
    return svg(
      'pattern',
      { id: `items-${name}`, width, height: CELL_HEIGHT, patternUnits: 'userSpaceOnUse' },
      square(name, entry, width - gap, CELL_HEIGHT),
      ...(entry.sign && width >= 9 ? [sign(entry.sign, (width - gap) / 2)] : []),
    );
  });
  byId('patterns').replaceChildren(...patterns);
}

function square(name, { isOutline }, width, height) {
  const inset = isOutline && width > 3 ? 0.75 : 0;
  return svg('rect', {
    class: `item ${name}`,
    x: inset,
    y: inset,
    width: Math.max(0.05, width - 2 * inset),
    height: height - 2 * inset,
    rx: width > 4 ? 3 : 0,
  });
}

function sign(text, x) {
  return svg('text', { class: 'sign', x, y: CELL_HEIGHT / 2 + 4 }, text);
}

/** One square, for the legend. */
export function swatch(name) {
  const entry = legend[name];
  return svg(
    'svg',
    { width: 16, height: 18, class: 'swatch', 'aria-hidden': 'true' },
    square(name, entry, 14, CELL_HEIGHT),
    ...(entry.sign ? [sign(entry.sign, 7)] : []),
  );
}

function newRow(lane) {
  const head = element('div', { role: 'rowheader', class: 'lane-head' });
  const parts = element('div', { class: 'parts', role: 'presentation' });
  const tail = element('div', { class: 'lane-tail', role: 'gridcell' });
  const root = element(
    'div',
    { role: 'row', class: 'lane', 'data-number': lane.number },
    head,
    parts,
    tail,
  );
  const row = { root, head, parts, tail, lane: undefined };
  rows.set(lane.number, row);
  return row;
}

function fillRow(row, lane) {
  row.lane = lane;
  const { number, reason, ms, status, cause, items, from } = lane;
  row.root.dataset.open = String(ms === null);
  const back = from.map(([one, count]) => `${count} from ${one}`).join(', ');
  const all = from.reduce((sum, [, count]) => sum + count, 0);
  row.head.replaceChildren(
    element('span', { class: 'number' }, `${number}`),
    element('span', { class: 'soft' }, all > 0 ? `${reason} ↻ ${all}` : reason),
  );
  row.head.title = back ? `${back}: items that came back from earlier requests` : '';
  const answer = ms === null ? 'in flight' : duration(ms);
  row.tail.replaceChildren(
    element(
      'span',
      { class: status !== null && status < 400 ? 'soft' : 'bad' },
      ms === null ? '' : (status ?? 'no answer').toString(),
    ),
    element('span', { class: 'took' }, answer),
  );
  row.tail.title = cause ?? '';
  fillParts(row, lane, counted(items, 'item'));
}

function fillParts(row, lane, all) {
  const parts = shortened(partsOf(lane));
  const focused = [...row.parts.children].indexOf(document.activeElement);
  const made = parts.map(({ letter, count, isBehind }, index) => {
    const { name, word } = byLetter.get(letter) ?? byLetter.get('u');
    const width =
      name === 'failed' ? count * Math.max(cell, MIN_FAILED) : Math.max(count * cell, 3);
    const from = lane.from.map(([one, many]) => `, ${many} from request ${one}`).join('');
    return element(
      'div',
      {
        role: 'gridcell',
        class: `part ${name}`,
        tabindex: row.parts.children[index]?.getAttribute('tabindex') ?? '-1',
        'data-part': index,
        'data-behind': isBehind && '',
        'aria-label': `Request ${lane.number}, ${all}${from}: ${count} ${word}`,
        title: `${count} ${word}`,
      },
      svg(
        'svg',
        { width, height: CELL_HEIGHT, 'aria-hidden': 'true' },
        svg('rect', { width, height: CELL_HEIGHT, fill: `url(#items-${name})` }),
      ),
    );
  });
  row.parts.replaceChildren(...made);
  if (focused >= 0)
    (made[Math.min(focused, made.length - 1)] ?? row.root).focus({ preventScroll: true });
}

function shortened(parts) {
  if (parts.length <= MAX_PARTS) return parts;
  const rest = parts.slice(MAX_PARTS - 1);
  const count = rest.reduce((sum, one) => sum + one.count, 0);
  const letter = rest.some((one) => one.letter === 'f') ? 'f' : rest[0].letter;
  return [...parts.slice(0, MAX_PARTS - 1), { ...rest[0], letter, count }];
}

/** From the request that items came back from, up to the one that carries them next. */
function drawArrows(lanes) {
  const arrows = byId('arrows');
  const top = arrows.getBoundingClientRect().top;
  const places = new Map();
  for (const { number } of lanes) {
    const { top: y, height } = rows.get(number).root.getBoundingClientRect();
    places.set(number, y - top + height / 2);
  }
  const bottom = arrows.clientHeight - 2;
  let count = 0;
  const paths = lanes.flatMap(({ number, from }) =>
    from.map(([source]) => {
      const to = places.get(number);
      const start = places.get(source) ?? bottom;
      const x = 22 - (count++ % 3) * 7;
      const bend = Math.min(10, Math.abs(start - to) / 2);
      return svg('path', {
        class: 'arrow',
        'data-from': source,
        'data-to': number,
        d: `M 30 ${start} H ${x + 4} Q ${x} ${start} ${x} ${start - bend} V ${to + bend} Q ${x} ${to} ${x + 4} ${to} H 28`,
      });
    }),
  );
  const heads = lanes
    .filter(({ from }) => from.length > 0)
    .map(({ number }) =>
      svg('path', { class: 'arrow-head', d: `M 25 ${places.get(number) - 4} l 7 4 l -7 4 z` }),
    );
  arrows.replaceChildren(...paths, ...heads);
}

export function rowOf(number) {
  return rows.get(number)?.root;
}

export function drawLegend() {
  const entries = Object.entries(legend).map(([name, { word, meaning }]) =>
    element('li', { title: meaning }, swatch(name), element('span', {}, word)),
  );
  byId('legend').replaceChildren(...entries);
}
