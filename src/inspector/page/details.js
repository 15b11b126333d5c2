/** The words behind a lane, an item or a failure. */
import { byId, element } from './dom.js';
import { swatch } from './lanes.js';
import { legend } from './legend.js';
import { nextOf, partsOf, state } from './state.js';
import { amount, clockTime, counted, duration, reasons, size, spaced } from './words.js';

const nameOf = (letter) =>
  Object.keys(legend).find((name) => legend[name].letter === letter) ?? 'unsettled';

/** Opens a request, at one of its parts. */
export function openLane(number, index) {
  const lane = state.lanes.get(number);
  if (lane === undefined) return;
  const part = partsOf(lane)[index];
  const name = part === undefined ? undefined : nameOf(part.letter);
  const failures = state.failures.filter((one) => one.lane === number);
  const own = failures.filter(({ outcome }) => name === undefined || outcome === name);
  open(
    `Request ${number}`,
    ...(part === undefined ? [] : [partSentence(part, name, lane)]),
    ...own.map(failureWords),
    ...missingWords(part, name, own),
    laneFacts(lane),
    ...links(lane),
  );
}

export function openFailure(id) {
  const failure = state.failures.find((one) => one.id === id);
  if (failure === undefined) return;
  const { lane, type } = failure;
  open(
    `${type} ${failure.outcome}`,
    failureWords(failure),
    ...(lane === null ? [] : [linkTo(lane, `Its request: ${lane}`)]),
  );
}

function open(title, ...children) {
  const dialog = byId('details');
  byId('details-title').textContent = title;
  byId('details-body').replaceChildren(...children);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

function partSentence({ count, first }, name, { cause }) {
  const { word, meaning } = legend[name];
  const place = name === 'failed' && count === 1 ? `, item ${first + 1}` : '';
  const why = name === 'again' && cause !== null ? ` (${cause})` : '';
  return element(
    'p',
    { class: 'part-sentence' },
    swatch(name),
    element(
      'span',
      {},
      element('strong', {}, `${amount(count)} ${word}${place}`),
      `: ${meaning}${why}.`,
    ),
  );
}

/** Only the first words of a request are kept. */
function missingWords(part, name, own) {
  if (part === undefined || (name !== 'failed' && name !== 'dropped')) return [];
  const rest = part.count - own.length;
  if (rest <= 0) return [];
  const text =
    own.length === 0
      ? 'Its words are not kept: no caller waited for it any more, or it is too long ago.'
      : `And ${amount(rest)} more, whose words are not kept.`;
  return [element('p', { class: 'soft' }, text)];
}

function failureWords({ error, causes, key, type, at, place, outcome }) {
  const facts = [
    ['call', type],
    ['key', key],
    ['item', place === null ? null : amount(place + 1)],
    ['at', clockTime(at)],
    ...Object.entries(error.facts)
      .filter(([name]) => name !== 'idempotencyKey')
      .map(([name, value]) => [spaced(name), value]),
  ].filter(([, value]) => value !== null);
  return element(
    'article',
    { class: `words ${outcome}` },
    element('h3', {}, error.name),
    element('p', { class: 'message' }, error.message),
    factList(facts),
    ...causes.map((cause) =>
      element(
        'div',
        { class: 'caused' },
        element('p', {}, 'caused by ', element('strong', {}, cause.name)),
        element('p', { class: 'message' }, cause.message),
        factList(Object.entries(cause.facts).map(([name, value]) => [spaced(name), value])),
      ),
    ),
  );
}

function laneFacts({ reason, items, bytes, at, ms, status, cause }) {
  const why = reasons[reason];
  const facts = [
    ['reason', why === undefined ? reason : `${reason}: ${why}`],
    ['size', `${counted(items, 'item')}, ${size(bytes)}`],
    ['left at', clockTime(at)],
    ['answered after', ms === null ? 'no answer yet' : duration(ms)],
    ['status', status === null ? null : `${status}`],
    ['problem', cause],
  ].filter(([, value]) => value !== null);
  return element(
    'section',
    { class: 'lane-facts' },
    element('h3', {}, 'The request'),
    factList(facts),
  );
}

function links({ number, from }) {
  const earlier = from.map(([one, count]) =>
    linkTo(one, `${counted(count, 'item')} came from request ${one}`),
  );
  const later = nextOf(number).map((next) => {
    const [, count] = next.from.find(([one]) => one === number);
    return linkTo(next.number, `${counted(count, 'item')} went on in request ${next.number}`);
  });
  return [...earlier, ...later];
}

function linkTo(number, text) {
  if (!state.lanes.has(number)) return element('p', { class: 'soft' }, `${text} (no longer shown)`);
  const onclick = () => openLane(number);
  return element('p', {}, element('button', { type: 'button', class: 'link', onclick }, text));
}

function factList(facts) {
  return element(
    'dl',
    { class: 'facts' },
    ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  );
}
