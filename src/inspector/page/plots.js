/** Small plots of the last two minutes, a point a second. */
import { byId, element, setText, svg } from './dom.js';
import { state } from './state.js';
import { amount, duration } from './words.js';

const WIDTH = 240;
const HEIGHT = 56;
const POINTS = 120;

const plots = [
  {
    id: 'plot-queue',
    title: 'Queue',
    unit: amount,
    lines: [
      ['queued', 'queued'],
      ['inFlight', 'in flight'],
    ],
  },
  {
    id: 'plot-latency',
    title: 'Round trip of a request',
    unit: duration,
    lines: [
      ['p50', 'p50'],
      ['p99', 'p99'],
    ],
  },
  {
    id: 'plot-requests',
    title: 'Requests a second',
    unit: amount,
    lines: [['requests', 'answered']],
  },
];

export function makePlots() {
  for (const { id, title, lines } of plots) {
    const paths = lines.map(([name], index) =>
      svg('path', { class: `line line-${index}`, 'data-line': name }),
    );
    const values = lines.map(([name, word], index) =>
      element(
        'span',
        { class: `value value-${index}` },
        element('b', { 'data-value': name }, '–'),
        ` ${word}`,
      ),
    );
    byId(id).replaceChildren(
      element(
        'figcaption',
        {},
        element('h2', {}, title),
        element('p', { class: 'values' }, ...values),
      ),
      svg(
        'svg',
        { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
        ...paths,
      ),
      element(
        'p',
        { class: 'soft scale' },
        element('span', {}, '2 minutes'),
        element('span', { 'data-top': '' }, ''),
      ),
    );
  }
}

export function drawPlots() {
  for (const { id, lines, unit } of plots) {
    const root = byId(id);
    const all = lines.flatMap(([name]) => state.samples.map((sample) => sample[name] ?? 0));
    const top = Math.max(1, ...all);
    for (const [name] of lines) {
      root.querySelector(`[data-line=${name}]`).setAttribute('d', pathOf(name, top));
      const last = state.samples.at(-1)?.[name];
      setText(
        root.querySelector(`[data-value=${name}]`),
        last === null || last === undefined ? '–' : unit(last),
      );
    }
    setText(root.querySelector('[data-top]'), `at most ${unit(Math.max(0, ...all))}`);
  }
}

/** Where nothing was measured, the line has a gap. */
function pathOf(name, top) {
  const first = POINTS - state.samples.length;
  let isOn = false;
  return state.samples
    .map((sample, index) => {
      const value = sample[name];
      if (value === null) {
        isOn = false;
        return '';
      }
      const x = ((first + index) / (POINTS - 1)) * WIDTH;
      const y = HEIGHT - 3 - (value / top) * (HEIGHT - 6);
      const move = isOn ? 'L' : 'M';
      isOn = true;
      return `${move}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}
