/** Sends actions through the client: what `send` and `import` share. */
import { setTimeout as delay } from 'node:timers/promises';
import { AutobatchClient, PrefactorInvalidArgumentError } from '../../index.ts';
import { ActionFileError } from '../../recordings/actions/action-file.ts';
import type { NumberedLine } from '../../recordings/actions/action-line.ts';
import type { RecordedCalls } from '../../recordings/calls/recorded-calls.ts';
import { emulatorProblems } from '../../recordings/emulator-process.ts';
import type { Account } from '../api/api-requests.ts';
import type { OptionValues } from '../command/arguments.ts';
import { either, flag, group, number, oneOf, option } from '../command/arguments.ts';
import type { CommandContext } from '../command/command.ts';
import {
  exitCodeOf,
  exitCodes,
  INTERRUPTED,
  whenAborted,
  wrongUsage,
} from '../command/failures-exit-codes.ts';
import { duration } from '../terminal/figures.ts';
import { balances } from '../terminal/ledger.ts';
import type { Progress } from '../terminal/progress.ts';
import { showProgress } from '../terminal/progress.ts';
import type { Destination, DestinationOptions } from './destination.ts';
import { openDestination } from './destination.ts';
import { FailedLines } from './failed-lines.ts';
import type { Summary } from './summary.ts';
import { summaryOf } from './summary.ts';
import { Tally } from './tally.ts';

/** How long an interrupted client may take for what is in flight. */
const INTERRUPTED_CLOSE_MS = 5_000;
/** Most calls that have not settled; reading waits for room. */
const MAX_SEND_PENDING = 10_000;

export const sendingOptions = group('How', {
  window: option(
    'tick|MS',
    either(oneOf('tick'), number({ min: 0, max: 60_000, unit: 'milliseconds' })),
    'how long calls are gathered: a tick, or milliseconds',
    'tick',
  ),
  'max-items': option(
    'N',
    number({ min: 1, max: 10_000, whole: true }),
    'items in one request',
    100,
  ),
  concurrency: option('N', number({ min: 1, max: 256, whole: true }), 'requests in flight', 16),
  'on-skipped': option(
    'requeue|reject',
    oneOf('requeue', 'reject'),
    'what the server did not reach goes again, or its calls fail',
    'requeue',
  ),
  ids: option('client|server', oneOf('client', 'server'), 'who makes the ids of spans', 'client'),
  json: flag('the summary as JSON'),
});
type SendingOptions = OptionValues<typeof sendingOptions>;

/** What is sent, and how. */
export interface Sending {
  /** For messages about wrong options. */
  readonly command: string;
  /** As the command line names it. */
  readonly path: string;
  readonly source: ActionSource;
  readonly options: SendingOptions & DestinationOptions & { readonly failed: string | undefined };
  readonly callsWith: (client: AutobatchClient) => RecordedCalls;
  /** What goes to standard output in the end. */
  readonly report: (summary: Summary) => string;
}

export interface ActionSource {
  /** Of `size` bytes, where that is known. */
  readonly bytesRead: number;
  readonly size: number | undefined;
  /** May end with an `ActionFileError`. `stopped`: nothing more is sent. */
  lines(stopped: AbortSignal): AsyncIterable<NumberedLine>;
  /** Ends a reading that is under way. */
  close(): void;
}

/** Sends all, and says what became of it. Gives the exit code, and closes the source. */
export async function sendActions(sending: Sending, context: CommandContext): Promise<number> {
  const { command, source, options, report } = sending;
  try {
    const destination = await openDestination(command, options, context);
    const sent = sendTo(destination, sending, context);
    const summary = await sent.finally(() => destination.emulator?.close());
    context.stdout.write(report(summary));
    return sendingExitCode(summary, context.interrupted);
  } finally {
    source.close();
  }
}

async function sendTo(
  { apiUrl, apiToken, emulator }: Destination,
  { command, path, source, options, callsWith }: Sending,
  { screen, interrupted }: CommandContext,
): Promise<Summary> {
  const client = makeClient(command, { apiUrl, apiToken }, options);
  const failedLines = options.failed === undefined ? undefined : new FailedLines(options.failed);
  const tally = new Tally(failedLines);
  const progress = showProgress(screen, () => {
    const { actions, failed } = tally.counts;
    const { requests } = client.stats();
    const { bytesRead, size } = source;
    return { bytesRead, size, actions, pending: tally.pending, failed, requests };
  });
  noteTroubles(client, progress);
  const stopped = AbortSignal.any([interrupted, ...(emulator ? [emulator.lost] : [])]);
  const isLost = (): boolean => emulator?.lost.aborted === true;
  whenAborted(stopped, () => {
    // Ends every wait: for lines, for room, and for what is pending.
    source.close();
    void client.close({ timeoutMs: isLost() ? 0 : INTERRUPTED_CLOSE_MS });
  });
  const start = performance.now();
  try {
    const calls = callsWith(client);
    const unread = await sendLines(source, calls, tally, stopped);
    await calls.flush();
    const wallMs = performance.now() - start;
    await client.close();
    const seen = isLost() ? undefined : await emulator?.seen();
    const why = isLost() ? 'The emulator is gone.' : INTERRUPTED;
    return summaryOf({
      file: path,
      apiUrl,
      emulated: emulator !== undefined,
      tally,
      leftOpen: calls.runs.leftOpen,
      ...(failedLines && { failedLines: { file: failedLines.path, count: failedLines.count } }),
      stats: client.stats(),
      wallMs,
      cut: stopped.aborted ? why : unread,
      problems: [...(failedLines?.problems ?? []), ...(seen ? emulatorProblems(seen) : [])],
    });
  } finally {
    // Where something has thrown, what is pending would be sent on and on.
    await client.close({ timeoutMs: INTERRUPTED_CLOSE_MS });
    failedLines?.close();
    progress.end();
  }
}

function sendingExitCode(
  { failures, ledger, problems }: Summary,
  interrupted: AbortSignal,
): number {
  if (interrupted.aborted) return exitCodeOf(interrupted);
  const isRight = failures.length === 0 && balances(ledger) && problems.length === 0;
  return isRight ? exitCodes.ok : exitCodes.failed;
}

/** Makes the calls. Gives why the source was not read to its end, where it was not. */
async function sendLines(
  source: ActionSource,
  calls: RecordedCalls,
  tally: Tally,
  stopped: AbortSignal,
): Promise<string | undefined> {
  try {
    for await (const line of source.lines(stopped)) {
      if (line.kind === 'problem') {
        if (line.unmade !== undefined) calls.runs.noteUnmade(line.unmade);
        tally.noCall(line, line.problem);
        continue;
      }
      // Calls that wait for their run count as well.
      await calls.ready();
      while (tally.pending >= MAX_SEND_PENDING) await delay(5, null, { signal: stopped });
      const taken = calls.take(line.action, line.text);
      if (taken.kind === 'call') tally.count(taken, line);
      else if (taken.kind === 'no call') tally.noCall(line, taken.problem, taken.needsBadLine);
      else tally.counts.skipped++;
    }
  } catch (error) {
    // The stop has ended a wait, which then rejects.
    if (stopped.aborted) return undefined;
    if (error instanceof ActionFileError) return error.message;
    throw error;
  }
  return undefined;
}

function makeClient(command: string, account: Account, options: SendingOptions): AutobatchClient {
  const { window, 'max-items': maxItems, concurrency, 'on-skipped': onSkipped, ids } = options;
  try {
    return new AutobatchClient({
      ...account,
      batch: { window, maxItems, concurrency },
      onSkipped,
      ids,
      // The file waits for room anyway; more of it in memory would only wait longer.
      queue: { maxItems: MAX_SEND_PENDING },
      logger: false, // what fails is in the summary
      disabled: false, // PREFACTOR_AUTOBATCH_DISABLED is meant for agents
    });
  } catch (error) {
    if (error instanceof PrefactorInvalidArgumentError) throw wrongUsage(command, error.message);
    throw error;
  }
}

/** Reports why nothing moves: an outage once, pauses once a minute. */
function noteTroubles(client: AutobatchClient, progress: Progress): void {
  let quietUntil = 0;
  client.on('pause', ({ ms, status }) => {
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + 60_000;
    progress.note(`The API asks for a pause of ${duration(ms)} (${status}).`);
  });
  client.on('outage', ({ cause }) => {
    const at = new Date().toTimeString().slice(0, 8);
    progress.note(`No usable answer from the API at ${at}: ${cause}. Trying again.`);
  });
  client.on('recovery', ({ durationMs }) => {
    progress.note(`The API answers again, after ${duration(durationMs)}.`);
  });
}
