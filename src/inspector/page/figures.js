/** The server's health, the ledger, and what the queue holds. */
import { byId, element, setText } from './dom.js';
import { state } from './state.js';
import { amount, clockTime, duration, spaced } from './words.js';

const signs = { answering: '✓', listening: '✓', pausing: 'Ⅱ', failing: '!', unknown: '?' };
const stateWords = {
  answering: 'Answering',
  listening: 'Listening',
  pausing: 'Pausing, as the server asked',
  failing: 'Failing: no usable answer',
  unknown: 'Nothing has come back yet',
};

/** Those of `stats()` that are shown; what they count is said in docs/reference/events-and-stats.md. */
const gaugeWords = {
  inFlight: 'in flight',
  concurrency: 'limit',
  queued: 'queued',
  blocked: 'blocked',
  oldestMs: 'oldest',
  pausedMs: 'paused',
  requests: 'requests',
  items: 'items',
  meanBatchSize: 'mean batch',
  requeued: 're-queued',
  retried: 'retried',
  bisected: 'bisected',
  faults: 'faults',
  breaches: 'breaches',
};

/** The colour of a column, where the legend has one. */
const looks = {
  succeeded: 'succeeded',
  replayed: 'again',
  refused: 'failed',
  failed: 'failed',
  skipped: 'skipped',
  inDoubt: 'again',
  notAttempted: 'cancelled',
  notRun: 'again',
  cancelled: 'cancelled',
  pending: 'unsettled',
};

export function drawFigures() {
  const { figures } = state;
  if (figures === undefined) return;
  drawHealth(figures.health);
  drawBooks(figures.books);
  drawGauges(figures);
}

function drawHealth({ state: now, since, cause }) {
  const sign = byId('health-sign');
  sign.dataset.state = now;
  setText(sign, signs[now] ?? '?');
  setText(byId('health-state'), stateWords[now] ?? now);
  setText(byId('health-since'), since === null ? '' : `since ${clockTime(since)}`);
  setText(byId('health-cause'), cause === null ? '' : `Last problem: ${cause}`);
}

function drawGauges({ gauges, counters }) {
  const rows = Object.entries({ ...gauges, ...counters })
    .filter(([name]) => gaugeWords[name] !== undefined)
    .map(([name, value]) => [name, gaugeWords[name], figureText(name, value)]);
  fill(byId('gauges'), rows, ([name, word, value]) => [
    element('dt', {}, word),
    element('dd', { 'data-name': name }, value),
  ]);
}

function figureText(name, value) {
  if (name.endsWith('Ms')) return duration(value);
  return name.startsWith('mean') ? (Math.round(value * 10) / 10).toString() : amount(value);
}

function drawBooks({ total, parts, apart }) {
  const figure = ([name, count], before) => [name, count, before];
  const all = [
    figure(total, ''),
    ...parts.map((part, index) => figure(part, index === 0 ? '=' : '+')),
    ...apart.map((part) => figure(part, 'apart')),
  ];
  fill(byId('books'), all, ([name, count, before]) => [
    element(
      'div',
      { class: `figure ${before === 'apart' ? 'apart' : ''}`, 'data-zero': String(count === 0) },
      element(
        'dt',
        {},
        element('span', { class: `dot ${looks[name] ?? ''}`, 'aria-hidden': 'true' }),
        spaced(name),
      ),
      element(
        'dd',
        { 'data-name': name, 'data-count': count, 'data-before': before },
        amount(count),
      ),
    ),
  ]);
  drawBar(total, parts);
}

function drawBar([, total], parts) {
  const bar = byId('books-bar');
  for (const [index, [name, count]] of parts.entries()) {
    const part = bar.children[index] ?? bar.appendChild(element('span'));
    part.className = looks[name] ?? '';
    part.style.flexGrow = String(total === 0 ? 0 : count / total);
  }
}

/** Makes the children anew only where something has changed. */
const filled = new WeakMap();
function fill(target, rows, make) {
  const text = JSON.stringify(rows);
  if (filled.get(target) === text) return;
  filled.set(target, text);
  target.replaceChildren(...rows.flatMap(make));
}
