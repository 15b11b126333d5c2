import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Ledger } from '../../index.ts';
import { AutobatchClient } from '../../index.ts';
import { readActions } from '../../recordings/actions/action-file.ts';
import type { Seen } from '../../recordings/emulator-process.ts';
import { emulatorProblems, startEmulator } from '../../recordings/emulator-process.ts';
import type { SendingResult } from '../../recordings/send-batched-one-by-one.ts';
import { sendBatched, sendOneByOne } from '../../recordings/send-batched-one-by-one.ts';
import type { Command } from '../command/command.ts';
import { defineCommand } from '../command/command.ts';
import { CommandFailure, exitCodes, unlessInterrupted } from '../command/failures-exit-codes.ts';
import { amount } from '../terminal/figures.ts';
import { balances, ledgerLine } from '../terminal/ledger.ts';

// From the root of the package: this module is a part of a bundle there.
const packageRoot = dirname(
  createRequire(import.meta.url).resolve('prefactor-autobatch/package.json'),
);
const EXAMPLE = join(packageRoot, 'examples/agent-runs.ndjson');
const ROUND_TRIP_MS = 20;
const ONE_BY_ONE_IN_FLIGHT = 64;
const token = 'demo-token';

export const demo: Command = defineCommand({
  name: 'demo',
  summary: 'recorded agent runs, call by call and batched, side by side; needs no account',
  about:
    'Sends recorded agent runs to a local server twice, with a request for each call and batched, and shows what the difference is. It needs no account and no network.',
  file: {
    usage: '[FILE]',
    help: "an action file, plain or gzip; without one, 24 runs of a shop's assistant",
  },
  options: {},
  exitCodes: '0 both ways ended in the same state, 1 they did not, 2 the command line is wrong.',
  examples: ['prefactor-autobatch demo', 'prefactor-autobatch demo runs.ndjson.gz'],
  async execute({ file }, { stdout, interrupted }) {
    stdout.write(
      `${file ?? 'Example runs'}: each action sent to a local server with a round trip of ${ROUND_TRIP_MS} ms\n\n`,
    );
    const path = file ?? EXAMPLE;
    const against = (send: (url: string) => Promise<SendingResult>): Promise<DemoSending> =>
      unlessInterrupted(sendToEmulator(send), interrupted);
    const oneByOne = await against((url) =>
      sendOneByOne(readActions(path), { url, token, inFlight: ONE_BY_ONE_IN_FLIGHT }),
    );
    if (oneByOne.actions === 0) throw new CommandFailure('There was no action in it.');
    let ledger: Ledger | undefined;
    const batched = await against(async (apiUrl) => {
      const client = new AutobatchClient({ apiUrl, apiToken: token, logger: false });
      try {
        return await sendBatched(readActions(path), client);
      } finally {
        // A sending that has failed may leave pending calls behind.
        ledger = await client.close({ timeoutMs: 0 });
      }
    });
    stdout.write(
      `${tableOf(oneByOne, batched)}\n\nCall by call: at most ${ONE_BY_ONE_IN_FLIGHT} requests in flight, each after what it needs.\n`,
    );
    const problems = problemsOf(oneByOne, batched, ledger);
    if (ledger === undefined || problems.length > 0) {
      stdout.write(`${problems.join('\n')}\n`);
      return exitCodes.failed;
    }
    stdout.write(
      `Both servers ended in the same state, and the books balance: ${ledgerLine(ledger)}.\n`,
    );
    return exitCodes.ok;
  },
});

/** The recording sent once, as its caller and as its server saw it. */
interface DemoSending extends SendingResult {
  readonly ms: number;
  readonly seen: Seen;
  /** Of the state in which its server ended. */
  readonly digest: string;
}

/** The recording sent once, to a fresh server. */
async function sendToEmulator(send: (url: string) => Promise<SendingResult>): Promise<DemoSending> {
  const emulator = await startEmulator({ token, latencyMs: ROUND_TRIP_MS });
  try {
    const start = performance.now();
    const result = await send(emulator.url);
    const ms = performance.now() - start;
    const digest = await emulator.digest(result.names);
    return { ...result, ms, digest, seen: await emulator.seen() };
  } finally {
    emulator.close();
  }
}

function tableOf(oneByOne: DemoSending, batched: DemoSending): string {
  const times = (measure: (sending: DemoSending) => number): string => {
    const factor = measure(oneByOne) / measure(batched);
    return `${factor.toFixed(factor < 10 ? 1 : 0)} times`;
  };
  const row = (label: string, value: (sending: DemoSending) => string, note = ''): string => {
    const cells = [value(oneByOne), value(batched)].map((text) => text.padStart(16));
    return `${label.padEnd(20)}${cells.join('')}   ${note}`.trimEnd();
  };
  const requests = ({ seen }: DemoSending): number => seen.requests;
  return [
    row('', (sending) => (sending === batched ? 'batched' : 'call by call')),
    row('calls', ({ actions }) => amount(actions)),
    row('succeeded', ({ succeeded }) => amount(succeeded)),
    row('requests', (sending) => amount(requests(sending)), `${times(requests)} fewer`),
    row('calls per request', (sending) => (sending.actions / requests(sending)).toFixed(1)),
    row('time', ({ ms }) => `${(ms / 1000).toFixed(2)} s`, `${times(({ ms }) => ms)} faster`),
    row('body bytes', ({ seen }) => `${(seen.bytes / 1000).toFixed(0)} kB`),
  ].join('\n');
}

/** Differences and other problems, as sentences. */
function problemsOf(
  oneByOne: DemoSending,
  batched: DemoSending,
  ledger: Ledger | undefined,
): readonly string[] {
  const sendings = Object.entries({ 'call by call': oneByOne, batched });
  const problems = sendings.flatMap(([label, { actions, succeeded, errors, seen }]) =>
    [
      ...(succeeded === actions ? [] : [`${amount(actions - succeeded)} calls failed.`]),
      ...errors.map(String),
      ...emulatorProblems(seen),
    ].map((problem) => `${label}: ${problem}`),
  );
  return [
    ...problems,
    ...(oneByOne.digest === batched.digest ? [] : ['The two servers ended in different states.']),
    ...(ledger === undefined || !balances(ledger) ? ['The books do not balance.'] : []),
  ];
}
