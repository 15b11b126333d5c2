/** Listens to the inspector, draws what it tells, and moves by the keyboard. */
import { openLane } from './details.js';
import { byId, setText } from './dom.js';
import { drawFailures, forgetNews } from './failures.js';
import { drawFigures } from './figures.js';
import { drawLanes, drawLegend, rowOf } from './lanes.js';
import { drawPlots, makePlots } from './plots.js';
import { state, takeChanges, takeSnapshot } from './state.js';
import { clockTime } from './words.js';

const grid = byId('lanes');
const details = byId('details');
const hold = byId('hold');
/** Held by the button, or while somebody is in the list or reads. */
let isHeldByButton = false;
let newestWhenHeld = 0;
let isDrawing = false;

makePlots();
drawLegend();
listen();

function listen() {
  const source = new EventSource('events');
  source.onopen = () => link('live');
  source.onerror = () => link(source.readyState === EventSource.CLOSED ? 'ended' : 'connecting');
  source.addEventListener('snapshot', ({ data }) => {
    const isNew = JSON.parse(data).recording !== state.recording;
    takeSnapshot(JSON.parse(data));
    if (isNew) forgetNews();
    setText(byId('title'), state.title);
    document.title = `${state.title} · inspector`;
    const what = state.view === 'client' ? 'What the client does' : 'What the server sees';
    setText(byId('about'), `${what}, since ${clockTime(state.since)}`);
    draw();
  });
  source.addEventListener('changes', ({ data }) => {
    takeChanges(JSON.parse(data));
    draw();
  });
  source.addEventListener('closed', () => {
    source.close();
    link('ended');
  });
}

function link(now) {
  const words = {
    live: 'live',
    connecting: 'connecting again',
    ended: 'ended: the inspector was closed',
  };
  byId('link').dataset.state = now;
  setText(byId('link'), words[now]);
}

/** At most once a frame. */
function draw() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    drawFigures();
    drawPlots();
    drawFailures();
    if (!isHeld()) drawLanes();
    drawHeld();
  });
}

function isHeld() {
  const isHeldNow = isHeldByButton || details.open || grid.contains(document.activeElement);
  const newest = [...state.lanes.keys()].at(-1) ?? 0;
  if (!isHeldNow) newestWhenHeld = newest;
  return isHeldNow;
}

function drawHeld() {
  const newest = [...state.lanes.keys()].at(-1) ?? 0;
  const more = newest - newestWhenHeld;
  const isHeldNow = isHeld();
  hold.setAttribute('aria-pressed', String(isHeldByButton));
  byId('requests').dataset.held = String(isHeldNow);
  setText(byId('held'), !isHeldNow ? '' : more > 0 ? `held; ${more} newer` : 'held');
}

hold.addEventListener('click', () => {
  isHeldByButton = !isHeldByButton;
  draw();
});
byId('close').addEventListener('click', () => details.close());
details.addEventListener('click', (event) => {
  if (event.target === details) details.close();
});
details.addEventListener('close', draw);
grid.addEventListener('focusout', () => setTimeout(draw));
addEventListener('resize', draw);

grid.addEventListener('click', ({ target }) =>
  open(target.closest('[role=row]'), target.closest('[data-part]')),
);

function open(row, part) {
  if (row === null) return;
  if (part !== null) focusPart(part);
  openLane(Number(row.dataset.number), part === null ? undefined : Number(part.dataset.part));
}

grid.addEventListener('keydown', (event) => {
  const part = event.target.closest('[data-part]');
  if (part === null) return;
  const row = part.closest('[role=row]');
  const place = Number(part.dataset.part);
  const moves = {
    ArrowLeft: () => partOf(row, place - 1),
    ArrowRight: () => partOf(row, place + 1),
    ArrowDown: () => partOf(row.nextElementSibling, place),
    ArrowUp: () => partOf(row.previousElementSibling, place),
    Home: () => partOf(row, 0),
    End: () => partOf(row, Number.POSITIVE_INFINITY),
  };
  if (event.key === 'Enter' || event.key === ' ') open(row, part);
  else if (event.key === 'Escape') part.blur();
  else if (moves[event.key] !== undefined) focusPart(moves[event.key]() ?? part);
  else return;
  event.preventDefault();
});

/** That part of a row, or the last one before it. */
function partOf(row, place) {
  const parts = row?.querySelectorAll('[data-part]') ?? [];
  return parts[Math.max(0, Math.min(place, parts.length - 1))];
}

function focusPart(part) {
  for (const other of grid.querySelectorAll('[tabindex="0"]')) other.setAttribute('tabindex', '-1');
  part.setAttribute('tabindex', '0');
  part.focus();
}

export { rowOf };
