// Pages that are left with calls pending, and those that come after them and look what has arrived.
import { Context, ok, sleep, span } from './context.mjs';
import { reporterOf } from './suite.mjs';

/** Of two clients of one page. */
const cases = [
  {
    title: 'what is pending when a page is left arrives, also where the token is asked for',
    payload: { text: 'x'.repeat(100) },
    count: 5,
    isRight: ({ items }) => items === 10,
    wrong: ({ items }) => `${items} of 10 calls have arrived`,
  },
  {
    title: 'of more than fits, small requests leave, as much as a page may send',
    payload: { text: 'ü'.repeat(3_500) },
    count: 10,
    isRight: ({ bytes, largest }) => bytes > 45_000 && bytes <= 65_536 && largest <= 16_000,
    wrong: ({ bytes, largest }) =>
      `${bytes} bytes have arrived, the largest request had ${largest}`,
  },
];

/** Longer than any browser takes on a starved machine. */
const LIMIT_MS = 60_000;

const query = new URLSearchParams(location.search);
const setup = query.get('setup');
const at = Number(query.get('at'));
const { title, payload, count, isRight, wrong } = cases[at];
const context = new Context(location.origin);
const report = reporterOf(location.origin, setup);

if (location.pathname === '/leave') await leave();
else await lookBack();

async function leave() {
  await report({ title, state: 'begun' });
  const backend = await context.scripted();
  const apiToken = async () => {
    await (await fetch('/favicon.ico')).text();
    return backend.token;
  };
  for (let clients = 0; clients < 2; clients++) {
    const client = context.client(backend, { apiToken, batch: { window: 60_000 } });
    // So that a token is known.
    client.agentSpans.create(span(0));
    await client.flush();
    context.spans(client, count, () => ({ payload }));
  }
  location.href = `/left?${new URLSearchParams({ setup, at, token: backend.token })}`;
}

async function lookBack() {
  const url = `/backends/${query.get('token')}`;
  let arrived;
  const look = async () => {
    const { requests } = await (await fetch(url, { method: 'POST' })).json();
    const late = requests.slice(2);
    arrived = {
      items: late.reduce((sum, { keys }) => sum + keys.length, 0),
      bytes: late.reduce((sum, request) => sum + request.bytes, 0),
      largest: Math.max(0, ...late.map((request) => request.bytes)),
    };
  };
  try {
    const until = performance.now() + LIMIT_MS;
    do await look();
    while (!isRight(arrived) && performance.now() < until);
    // Nothing more may come.
    await sleep(300);
    await look();
    ok(isRight(arrived), wrong(arrived));
    await report({ title, state: 'passed' });
  } catch (error) {
    await report({ title, state: 'failed', error: String(error) });
  }
  if (at + 1 < cases.length) location.href = `/leave?${new URLSearchParams({ setup, at: at + 1 })}`;
  else await report({ title: 'all', state: 'end' });
}
