import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { Ledger } from '../../index.ts';
import { AutobatchClient } from '../../index.ts';
import { readActions } from '../../replay/actions/action-file.ts';
import { replayBatched } from '../../replay/batched.ts';
import { startEmulator } from '../../replay/emulator-process.ts';
import { replayOneByOne } from '../../replay/one-by-one.ts';
import type { Replayed } from '../../replay/tally.ts';
import { readCommandLine, wrongUsage } from '../command/arguments.ts';
import type { Command, Surroundings } from '../command/command.ts';
import { CommandFailure, exitCodes, unlessInterrupted } from '../command/failure.ts';
import type { Replay } from './comparison.ts';
import { problemsOf, tableOf, verdictOf } from './comparison.ts';

const EXAMPLE = fileURLToPath(new URL('../../../examples/agent-runs.ndjson', import.meta.url));
const ROUND_TRIP_MS = 20;
const ONE_BY_ONE_IN_FLIGHT = 64;
const token = 'demo-token';

export const demo: Command = {
  name: 'demo',
  summary: 'recorded agent runs, call by call and batched, side by side; needs no account',
  options: {},
  help: `Sends recorded agent runs to a local server twice, with a request for each call and batched,
and shows what the difference is. It needs no account and no network.

Usage: prefactor-autobatch demo [FILE]

  FILE   an action file, plain or gzip; without one, 24 runs of a shop's assistant

Exit codes: 0 both ways ended in the same state, 1 they did not, 2 the command line is wrong.

Examples:
  prefactor-autobatch demo
  prefactor-autobatch demo runs.ndjson.gz
`,
  run,
};

async function run(
  args: readonly string[],
  { stdout, interrupted }: Surroundings,
): Promise<number> {
  const { positionals } = readCommandLine('demo', args, {});
  if (positionals.length > 1) throw wrongUsage('demo', 'One file at a time.');
  const [file] = positionals;
  stdout.write(
    `${file ?? 'Example runs'}: each action sent to a local server with a round trip of ${ROUND_TRIP_MS} ms\n\n`,
  );
  const path = file ?? EXAMPLE;
  const against = (replay: (url: string) => Promise<Replayed>): Promise<Replay> =>
    unlessInterrupted(replayAgainstEmulator(replay), interrupted);
  const oneByOne = await against((url) =>
    replayOneByOne(readActions(path), { url, token, inFlight: ONE_BY_ONE_IN_FLIGHT }),
  );
  if (oneByOne.replayed.actions === 0) throw new CommandFailure('There was no action in it.');
  let ledger: Ledger | undefined;
  const batched = await against(async (apiUrl) => {
    const client = new AutobatchClient({ apiUrl, apiToken: token, logger: false });
    try {
      return await replayBatched(readActions(path), client);
    } finally {
      // What failed it may have left calls that nobody waits for.
      ledger = await client.close({ timeoutMs: 0 });
    }
  });
  stdout.write(
    `${tableOf(oneByOne, batched)}\n\nCall by call: at most ${ONE_BY_ONE_IN_FLIGHT} requests in flight, each after what it needs.\n`,
  );
  const problems = problemsOf(oneByOne, batched, ledger);
  stdout.write(`${problems.length === 0 ? verdictOf(ledger) : problems.join('\n')}\n`);
  return problems.length === 0 ? exitCodes.ok : exitCodes.failed;
}

/** One replay against a fresh server. */
async function replayAgainstEmulator(replay: (url: string) => Promise<Replayed>): Promise<Replay> {
  const emulator = await startEmulator({ token, latencyMs: ROUND_TRIP_MS });
  try {
    const start = performance.now();
    const replayed = await replay(emulator.url);
    const ms = performance.now() - start;
    const digest = await emulator.digest(replayed.names);
    return { replayed, ms, digest, ...(await emulator.seen()) };
  } finally {
    emulator.close();
  }
}
