/** How many calls did not arrive, and why. */
export interface Missed {
  /** By the API. */
  readonly refused: number;
  /** They need an id that is not known: what makes it was refused. */
  readonly orphans: number;
  readonly unsent: number;
  /** What the last request was refused with, if that is why they were not sent. */
  readonly status?: number;
}

/**
 * What a process of its own runs to send the calls of one that ends. It is a text, since it has to work from within a
 * bundle; and short: it sends batches in order, one at a time, until its parent ends it, or there has been no answer
 * for two seconds. At its end it says, as JSON, what did not arrive (`Missed`).
 */
export const EXIT_SCRIPT: string = `
const ids = {}, tries = {}, missed = { refused: 0, orphans: 0, unsent: 0 };
let most = 100, misses = 0;
const passing = ['temporarily_unavailable', 'rate_limited', 'unknown', 'unexpected'];
const textOf = ({ pieces, holes }) => holes.every((hole) => hole in ids)
  ? pieces.map((piece, at) => piece + (at < holes.length ? JSON.stringify(ids[holes[at]]) : '')).join('')
  : undefined;
const later = () => new Promise((resolve) => setTimeout(resolve, 100));
async function post({ url, headers }, texts) {
  try {
    const body = '{"items":[' + texts.join(',') + ']}';
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' });
    const text = await response.text();
    if (!response.ok) return { status: response.status };
    return { status: 200, outputs: JSON.parse(text).outputs };
  } catch {
    return { status: 0 };
  }
}
function settle(items, outputs) {
  return items.filter((item) => {
    const output = Object.hasOwn(outputs, item.key) ? outputs[item.key] : undefined;
    if (output === undefined) return true;
    if (output.status === 'success' && typeof item.makes === 'number') ids[item.makes] = output.details.id;
    tries[item.key] = (tries[item.key] || 0) + 1;
    if (output.status !== 'error') return false;
    if (passing.includes(output.code) && tries[item.key] < 3) return true;
    // A key that was used is that of a call which has arrived before.
    if (output.code !== 'idempotency_key_already_used') missed.refused++;
    return false;
  });
}
async function run({ items, ...target }) {
  let rest = items;
  while (rest.length > 0) {
    const texts = [];
    let bytes = 0;
    for (const item of rest.slice(0, most)) {
      const text = textOf(item);
      if (text === undefined || (bytes += text.length) > 1000000 && texts.length > 0) break;
      texts.push(text);
    }
    if (texts.length === 0) { missed.orphans++; rest = rest.slice(1); continue; }
    const { status, outputs } = await post(target, texts);
    misses = status === 0 ? misses + 1 : 0;
    if (misses === 20) { missed.unsent = rest.length; break; }
    const left = outputs ? settle(rest, outputs) : rest;
    if (left.length < rest.length) rest = left;
    else if (texts.length > 1 && [400, 413, 422].includes(status)) most = Math.ceil(texts.length / 2);
    else if ([401, 403, 404, 405].includes(status)) { missed.unsent = rest.length; missed.status = status; break; }
    else if (status >= 400 && status < 500 && ![408, 425, 429].includes(status)) {
      missed.refused += texts.length;
      rest = rest.slice(texts.length);
    }
    else await later();
  }
  process.stdout.write(JSON.stringify(missed));
}
let input = '';
process.stdin.setEncoding('utf8').on('data', (text) => { input += text; }).on('end', () => void run(JSON.parse(input)));
`;
