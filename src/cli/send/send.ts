import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AutobatchClient, PrefactorInvalidArgumentError } from '../../index.ts';
import type { ActionFile } from '../../recordings/actions/action-file.ts';
import { ActionFileError, openActionFile } from '../../recordings/actions/action-file.ts';
import { RecordedClock, recordedTimes } from '../../recordings/actions/recorded-time.ts';
import { RecordedCalls } from '../../recordings/calls/recorded-calls.ts';
import type { EmulatorProcess } from '../../recordings/emulator-process.ts';
import { emulatorProblems, startEmulator } from '../../recordings/emulator-process.ts';
import type { Account } from '../api/api-requests.ts';
import { deploymentOf, exchange, pingProblem, readAccount } from '../api/api-requests.ts';
import type { OptionValues } from '../command/arguments.ts';
import {
  either,
  flag,
  group,
  names,
  number,
  oneOf,
  option,
  text,
  time,
} from '../command/arguments.ts';
import type { Command, CommandContext } from '../command/command.ts';
import { defineCommand } from '../command/command.ts';
import {
  CommandFailure,
  exitCodeOf,
  exitCodes,
  INTERRUPTED,
  unlessInterrupted,
  whenAborted,
  wrongUsage,
} from '../command/failures-exit-codes.ts';
import { duration } from '../terminal/figures.ts';
import { balances } from '../terminal/ledger.ts';
import type { Progress } from '../terminal/progress.ts';
import { showProgress } from '../terminal/progress.ts';
import { FailedLines } from './failed-lines.ts';
import { fileIdentities } from './identities.ts';
import type { Summary } from './summary.ts';
import { summaryOf, textOf } from './summary.ts';
import { Tally } from './tally.ts';

/** How long an interrupted client may take for what is in flight. */
const INTERRUPTED_CLOSE_MS = 5_000;
const EMULATE_RTT_MS = 20;
/** Most calls that have not settled; reading waits for room. */
const MAX_SEND_PENDING = 10_000;

const sendMilliseconds = number({ min: 0, max: 60_000, unit: 'milliseconds' });

const options = {
  ...group('Where to', {
    'api-url': option(
      'URL',
      text('a URL'),
      "the API; without it PREFACTOR_API_URL, else the public one. The token is that of PREFACTOR_API_TOKEN. With an account's token, runs are registered for PREFACTOR_AGENT_ID and PREFACTOR_ENVIRONMENT_ID",
    ),
    emulate: flag('a local emulator of the API instead: no account, no network'),
    rtt: option('MS', sendMilliseconds, `its round trip in sendMilliseconds (${EMULATE_RTT_MS})`),
  }),
  ...group('What of it', {
    ignore: option(
      'FIELD,...',
      names('names of fields, separated by commas'),
      'leaves fields out that the API does not have; else a line with one is bad',
    ),
    'missing-parents': option(
      'root|skip',
      oneOf('root', 'skip'),
      'what becomes of a span whose parent is not in the file: a root, or left out with all within it; without it, the line is bad',
    ),
    failed: option('FILE', text('a path'), 'writes the lines that can be sent again to a new file'),
  }),
  ...group('When, and which', {
    speed: option(
      'N|max',
      either(oneOf('max'), number({ min: 0.001 })),
      'N times as fast as recorded, or as fast as there is room. At most 10,000 actions are pending, so memory does not grow with the file',
      'max',
    ),
    times: option(
      'recorded|sent',
      oneOf('recorded', 'sent'),
      'the time that each action bears: as recorded, or when it is sent',
      'recorded',
    ),
    start: option('TIME', time, 'when the recording began; without it, when the file was made'),
    again: option(
      'WORD',
      text('a word of your own'),
      'sends once more what was sent before. Without it, a second time doubles nothing: keys and ids come from the name and the lines of the file',
    ),
  }),
  ...group('How', {
    window: option(
      'tick|MS',
      either(oneOf('tick'), sendMilliseconds),
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
  }),
};
type SendOptions = OptionValues<typeof options>;

export const send: Command = defineCommand({
  name: 'send',
  summary: 'the actions of a file, through the client, to the API or to an emulator',
  about: 'Sends the actions of a file through the client, and says what became of them.',
  file: {
    usage: 'FILE',
    help: 'recorded agent runs, one action a line (NDJSON), plain or gzip; - is the standard input',
  },
  options,
  notes: 'The summary goes to standard output, progress and all else to standard error.',
  exitCodes:
    '0 every action succeeded, or was sent before, 1 something failed, 2 the command line is wrong, 130 interrupted: what was sent by then is in the summary.',
  examples: [
    'prefactor-autobatch send runs.ndjson --emulate',
    'prefactor-autobatch send runs.ndjson.gz --emulate --rtt 100 --speed 10',
    'my-agent --record - | prefactor-autobatch send - --json',
  ],
  async execute(given, context) {
    const { file: path = '', options } = given;
    const wrong = argumentsProblem(path, options);
    if (wrong !== undefined) throw wrongUsage('send', wrong);
    const { stdin, stdout, interrupted } = context;
    const file = await openActionFile(path, stdin);
    try {
      const destination = await openDestination(options, context);
      const sent = sendFile(path, file, options, destination, context);
      const summary = await sent.finally(() => destination.emulator?.close());
      stdout.write(options.json ? `${JSON.stringify(summary, null, 2)}\n` : textOf(summary));
      if (interrupted.aborted) return exitCodeOf(interrupted);
      const { failures, ledger, problems } = summary;
      const isRight = failures.length === 0 && balances(ledger) && problems.length === 0;
      return isRight ? exitCodes.ok : exitCodes.failed;
    } finally {
      file.close();
    }
  },
});

/** What is wrong with the arguments, though each of them is right. */
function argumentsProblem(
  path: string,
  { emulate, rtt, times, start, ...given }: SendOptions,
): string | undefined {
  if (path === '') return 'Name an action file, or - for the standard input.';
  if (emulate && given['api-url'] !== undefined) {
    return '--emulate and --api-url exclude each other.';
  }
  if (start !== undefined && times === 'sent') return '--start is of no use with --times sent.';
  if (rtt === undefined || emulate) return undefined;
  return '--rtt is the round trip of the emulator, and needs --emulate.';
}

/** Where the actions go: the API, or an emulator of our own. */
interface Destination extends Account {
  readonly emulator?: EmulatorProcess;
}

/** @throws {CommandFailure} when nothing there answers, the token is refused, or it is interrupted. */
async function openDestination(
  { emulate, 'api-url': apiUrl, rtt: latencyMs = EMULATE_RTT_MS }: SendOptions,
  { env, interrupted }: CommandContext,
): Promise<Destination> {
  if (emulate) {
    const apiToken = 'emulator-token';
    const emulator = await startEmulator({ token: apiToken, latencyMs });
    return { apiUrl: emulator.url, apiToken, emulator };
  }
  const account = readAccount('send', apiUrl, env);
  // Without this check, the client would take a wrong URL for an outage, and try again for minutes.
  const ping = exchange(account, '/api/v1/ping');
  const problem = pingProblem(account, await unlessInterrupted(ping, interrupted));
  if (problem !== undefined) throw new CommandFailure(problem);
  return account;
}

async function sendFile(
  path: string,
  file: ActionFile,
  options: SendOptions,
  destination: Destination,
  { env, screen, interrupted }: CommandContext,
): Promise<Summary> {
  const client = makeClient(options, destination);
  const failedLines = options.failed === undefined ? undefined : new FailedLines(options.failed);
  const calls = recordedCalls(client, file, options, env);
  const tally = new Tally(failedLines);
  const progress = showProgress(screen, () => {
    const { actions, failed } = tally.counts;
    const { requests } = client.stats();
    const { bytesRead, origin } = file;
    return { bytesRead, size: origin.size, actions, pending: tally.pending, failed, requests };
  });
  noteTroubles(client, progress);
  const { apiUrl, emulator } = destination;
  const stopped = AbortSignal.any([interrupted, ...(emulator ? [emulator.lost] : [])]);
  const isLost = (): boolean => emulator?.lost.aborted === true;
  whenAborted(stopped, () => {
    // Ends every wait: for lines, for room, and for what is pending.
    file.close();
    void client.close({ timeoutMs: isLost() ? 0 : INTERRUPTED_CLOSE_MS });
  });
  const start = performance.now();
  try {
    const unread = await sendLines(file, options, calls, tally, stopped);
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
    failedLines?.close();
    progress.end();
  }
}

/** Makes the calls. Gives why the file was not read to its end, where it was not. */
async function sendLines(
  file: ActionFile,
  { speed, ignore }: SendOptions,
  calls: RecordedCalls,
  tally: Tally,
  stopped: AbortSignal,
): Promise<string | undefined> {
  const clock = new RecordedClock(speed);
  try {
    for await (const line of file.lines(new Set(ignore))) {
      if (line.kind === 'problem') {
        if (line.unmade !== undefined) calls.runs.noteUnmade(line.unmade);
        tally.noCall(line, line.problem);
        continue;
      }
      await clock.until(line.action.t, stopped);
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

function makeClient(options: SendOptions, { apiUrl, apiToken }: Destination): AutobatchClient {
  const { window, 'max-items': maxItems, concurrency, 'on-skipped': onSkipped, ids } = options;
  try {
    return new AutobatchClient({
      apiUrl,
      apiToken,
      batch: { window, maxItems, concurrency },
      onSkipped,
      ids,
      // The file waits for room anyway; more of it in memory would only wait longer.
      queue: { maxItems: MAX_SEND_PENDING },
      logger: false, // what fails is in the summary
      disabled: false, // PREFACTOR_AUTOBATCH_DISABLED is meant for agents
    });
  } catch (error) {
    if (error instanceof PrefactorInvalidArgumentError) throw wrongUsage('send', error.message);
    throw error;
  }
}

/** The calls of the file's actions: what they are registered for, their times, keys and ids. */
function recordedCalls(
  client: AutobatchClient,
  file: ActionFile,
  { times, start, ids, again, 'missing-parents': missingParents }: SendOptions,
  env: CommandContext['env'],
): RecordedCalls {
  const deployment = deploymentOf(env);
  const { agent_id = '', environment_id = '' } = deployment;
  const { name, madeAt } = file.origin;
  // A stream has no name by which it could be known the next time.
  const source = name === undefined ? ['-', again ?? randomUUID()] : [name, again ?? ''];
  const identify = fileIdentities([...source, agent_id, environment_id], ids);
  const began = start ?? madeAt ?? Date.now();
  const timeOf = times === 'sent' ? undefined : recordedTimes(began);
  return new RecordedCalls({ client, deployment, timeOf, identify, missingParents });
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
