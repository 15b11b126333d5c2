/**
 * `npm start [-- FILE]`: sends recorded agent runs to the emulator twice, call by call and batched,
 * and shows what the difference is.
 */
import { relative, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { Ledger } from '../src/index.ts';
import { AutobatchClient } from '../src/index.ts';
import { readActions } from './actions.ts';
import type { Seen } from './emulator-process.ts';
import { startEmulator } from './emulator-process.ts';
import { replayBatched } from './replay-batched.ts';
import { replayOneByOne } from './replay-one-by-one.ts';
import type { Replayed } from './tally.ts';

const EXAMPLE = fileURLToPath(new URL('../examples/agent-runs.ndjson', import.meta.url));
/** npm runs scripts in the package's folder, and tells from where it was called. */
const CALLED_FROM = process.env['INIT_CWD'] ?? process.cwd();
const ROUND_TRIP_MS = 20;
const ONE_BY_ONE_IN_FLIGHT = 64;
const token = 'demo-token';

interface Run extends Seen {
  readonly replayed: Replayed;
  readonly ms: number;
}

async function main(file: string): Promise<void> {
  console.log(
    `${relative(CALLED_FROM, file)}: each action sent to a local server with a round trip of ${ROUND_TRIP_MS} ms\n`,
  );
  const oneByOne = await run((url) =>
    replayOneByOne(readActions(file), { url, token, inFlight: ONE_BY_ONE_IN_FLIGHT }),
  );
  let ledger: Ledger | undefined;
  const batched = await run(async (apiUrl) => {
    const client = new AutobatchClient({ apiUrl, apiToken: token });
    const replayed = await replayBatched(readActions(file), client);
    ledger = await client.close();
    return replayed;
  });
  show(oneByOne, batched);
  const problems = [
    ...problemsOf('call by call', oneByOne),
    ...problemsOf('batched', batched),
    ...(oneByOne.digest === batched.digest ? [] : ['The two servers ended in different states.']),
    ...(ledger === undefined || !balances(ledger) ? ['The books do not balance.'] : []),
  ];
  console.log(problems.length === 0 ? verdict(ledger) : problems.join('\n'));
  if (problems.length > 0) process.exitCode = 1;
}

/** One replay against a fresh server. */
async function run(replay: (url: string) => Promise<Replayed>): Promise<Run> {
  const emulator = await startEmulator({ token, latencyMs: ROUND_TRIP_MS });
  try {
    const start = performance.now();
    const replayed = await replay(emulator.url);
    const ms = performance.now() - start;
    return { replayed, ms, ...(await emulator.report(replayed.names)) };
  } finally {
    emulator.close();
  }
}

function show(oneByOne: Run, batched: Run): void {
  const ratio = (measure: (run: Run) => number): number => measure(oneByOne) / measure(batched);
  const row = (label: string, value: (run: Run) => string, note = ''): void => {
    const cells = [value(oneByOne), value(batched)].map((text) => text.padStart(16));
    console.log(`${label.padEnd(20)}${cells.join('')}   ${note}`.trimEnd());
  };
  const times = (factor: number): string => `${factor.toFixed(factor < 10 ? 1 : 0)} times`;
  row('', (run) => (run === batched ? 'batched' : 'call by call'));
  row('calls', ({ replayed }) => count(replayed.actions));
  row('succeeded', ({ replayed }) => count(replayed.succeeded));
  row(
    'requests',
    ({ requests }) => count(requests),
    `${times(ratio((run) => run.requests))} fewer`,
  );
  row('calls per request', ({ replayed, requests }) => (replayed.actions / requests).toFixed(1));
  row('time', ({ ms }) => `${(ms / 1000).toFixed(2)} s`, `${times(ratio(({ ms }) => ms))} faster`);
  row('body bytes', ({ bytes }) => `${(bytes / 1000).toFixed(0)} kB`);
  console.log(
    `\nCall by call: at most ${ONE_BY_ONE_IN_FLIGHT} requests in flight, each after what it needs.`,
  );
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function problemsOf(label: string, { replayed, breaches, doubled }: Run): string[] {
  const { actions, succeeded, errors } = replayed;
  return [
    ...(succeeded === actions ? [] : [`${label}: ${actions - succeeded} calls failed.`]),
    ...errors.map((error) => `${label}: ${error}`),
    ...breaches.slice(0, 3).map((breach) => `${label}: breach: ${breach}`),
    ...(doubled === 0 ? [] : [`${label}: ${doubled} actions took effect more than once.`]),
  ];
}

function balances(ledger: Ledger): boolean {
  const { accepted, succeeded, refused, notAttempted, inDoubt, cancelled, pending } = ledger;
  return accepted === succeeded + refused + notAttempted + inDoubt + cancelled + pending;
}

function verdict(ledger: Ledger | undefined): string {
  const books = Object.entries(ledger ?? {})
    .filter(([column, calls]) => calls > 0 || column === 'succeeded')
    .map(([column, calls]) => `${column} ${count(calls)}`);
  return `Both servers ended in the same state, and the books balance: ${books.join(', ')}.`;
}

try {
  const [, , file] = process.argv;
  await main(file === undefined ? EXAMPLE : resolve(CALLED_FROM, file));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
