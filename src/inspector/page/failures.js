/** The last failures, newest first, and what a screen reader is told of them. */
import { openFailure } from './details.js';
import { byId, element } from './dom.js';
import { swatch } from './lanes.js';
import { state } from './state.js';
import { clockTime, counted } from './words.js';

const MAX_SHOWN = 12;
/** The least time between two announcements. */
const QUIET_MS = 10_000;

let lastShown = 0;
let announced = { id: 0, at: Number.NEGATIVE_INFINITY };

export function drawFailures() {
  const shown = state.failures.slice(-MAX_SHOWN).reverse();
  const newest = shown[0]?.id ?? 0;
  byId('no-failures').hidden = shown.length > 0;
  if (newest !== lastShown) {
    lastShown = newest;
    const focusedId = document.activeElement?.closest('[data-failure]')?.dataset.failure;
    byId('failures').replaceChildren(...shown.map(entry));
    byId('failures').querySelector(`[data-failure="${focusedId}"] button`)?.focus();
  }
  announce();
}

/** Failures that were there before the page was opened are no news. */
export function forgetNews() {
  announced = { id: state.failures.at(-1)?.id ?? 0, at: Number.NEGATIVE_INFINITY };
  lastShown = -1;
}

function entry(failure) {
  const { id, outcome, type, error, lane, at } = failure;
  const where = lane === null ? 'not sent' : `request ${lane}`;
  return element(
    'li',
    { 'data-failure': id },
    element(
      'button',
      { type: 'button', class: 'failure', onclick: () => openFailure(id) },
      swatch(outcome),
      element(
        'span',
        {},
        element('strong', {}, type),
        element('span', { class: 'message' }, error.message),
        element('span', { class: 'soft' }, `${error.name} · ${where} · ${clockTime(at)}`),
      ),
    ),
  );
}

function announce() {
  const last = state.failures.at(-1);
  const now = performance.now();
  if (last === undefined || last.id <= announced.id || now - announced.at < QUIET_MS) return;
  const count = last.id - announced.id;
  announced = { id: last.id, at: now };
  byId('news').textContent =
    `${counted(count, 'call')} failed. The last: ${last.type}, ${last.error.message}`;
}
