import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { Ledger } from '../../index.ts';
import { AutobatchClient } from '../../index.ts';
import { readActions } from '../../replay/actions/action-file.ts';
import { replayBatched } from '../../replay/batched-replay.ts';
import { startEmulator } from '../../replay/emulator-process.ts';
import { replayOneByOne } from '../../replay/one-by-one-replay.ts';
import type { ReplayResult } from '../../replay/replay-result.ts';
import type { Command, CommandContext } from '../command/command.ts';
import { defineCommand } from '../command/command.ts';
import { CommandFailure, exitCodes, unlessInterrupted } from '../command/command-failure.ts';
import { ledgerLine } from '../terminal/ledger-line.ts';
import type { Replay } from './comparison.ts';
import { problemsOf, tableOf } from './comparison.ts';

const EXAMPLE = fileURLToPath(new URL('../../../examples/agent-runs.ndjson', import.meta.url));
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
  execute,
});

async function execute(
  { file }: { readonly file: string | undefined },
  { stdout, interrupted }: CommandContext,
): Promise<number> {
  stdout.write(
    `${file ?? 'Example runs'}: each action sent to a local server with a round trip of ${ROUND_TRIP_MS} ms\n\n`,
  );
  const path = file ?? EXAMPLE;
  const against = (replay: (url: string) => Promise<ReplayResult>): Promise<Replay> =>
    unlessInterrupted(replayAgainstEmulator(replay), interrupted);
  const oneByOne = await against((url) =>
    replayOneByOne(readActions(path), { url, token, inFlight: ONE_BY_ONE_IN_FLIGHT }),
  );
  if (oneByOne.actions === 0) throw new CommandFailure('There was no action in it.');
  let ledger: Ledger | undefined;
  const batched = await against(async (apiUrl) => {
    const client = new AutobatchClient({ apiUrl, apiToken: token, logger: false });
    try {
      return await replayBatched(readActions(path), client);
    } finally {
      // A replay that has failed may leave pending calls behind.
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
}

/** One replay against a fresh server. */
async function replayAgainstEmulator(
  replay: (url: string) => Promise<ReplayResult>,
): Promise<Replay> {
  const emulator = await startEmulator({ token, latencyMs: ROUND_TRIP_MS });
  try {
    const start = performance.now();
    const result = await replay(emulator.url);
    const ms = performance.now() - start;
    const digest = await emulator.digest(result.names);
    return { ...result, ms, digest, seen: await emulator.seen() };
  } finally {
    emulator.close();
  }
}
