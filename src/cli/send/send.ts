import { setTimeout as delay } from 'node:timers/promises';
import { AutobatchClient, PrefactorInvalidArgumentError } from '../../index.ts';
import type { ActionFile } from '../actions/action-file.ts';
import { openActionFile } from '../actions/action-file.ts';
import { RecordedCalls } from '../actions/recorded-calls.ts';
import { wrongUsage } from '../arguments.ts';
import { balances } from '../books.ts';
import type { Command, Surroundings } from '../command.ts';
import { CommandFailure, exitCodes } from '../failure.ts';
import { duration } from '../figures.ts';
import { help } from './help.ts';
import type { Progress } from './progress.ts';
import { showProgress } from './progress.ts';
import type { Settings } from './settings.ts';
import { options, readSettings } from './settings.ts';
import type { Summary } from './summary.ts';
import { summaryOf, textOf } from './summary.ts';
import { Tally } from './tally.ts';
import type { Target } from './target.ts';
import { openTarget } from './target.ts';

export const send: Command = {
  name: 'send',
  summary: 'the actions of a file, through the client, to the API or to an emulator',
  options,
  help,
  run,
};

/** Actions that are read and not yet through. */
const MAX_PENDING = 10_000;
/** How long an interrupted client may take for what it has begun. */
const LAST_MS = 5_000;

async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const settings = readSettings(args);
  const file = await openActionFile(settings.file, surroundings.stdin);
  try {
    const target = await openTarget(settings, surroundings.env);
    const summary = await sendFile(file, settings, target, surroundings).finally(target.close);
    const { stdout, interrupted } = surroundings;
    stdout.write(settings.json ? `${JSON.stringify(summary, null, 2)}\n` : textOf(summary));
    if (interrupted.aborted) return exitCodes.interrupted;
    return isRight(summary) ? exitCodes.ok : exitCodes.failed;
  } finally {
    file.close();
  }
}

function isRight({ actions, succeeded, badLines, ledger, problems }: Summary): boolean {
  return succeeded === actions && badLines === 0 && balances(ledger) && problems.length === 0;
}

async function sendFile(
  file: ActionFile,
  settings: Settings,
  target: Target,
  { env, stderr, interrupted }: Surroundings,
): Promise<Summary> {
  const client = makeClient(settings, target);
  const calls = new RecordedCalls(client, {
    agentId: env['PREFACTOR_AGENT_ID'] || undefined,
    environmentId: env['PREFACTOR_ENVIRONMENT_ID'] || undefined,
  });
  const tally = new Tally();
  const progress = showProgress(stderr, () => ({
    bytesRead: file.bytesRead,
    size: file.size,
    actions: tally.actions,
    settled: tally.succeeded + tally.failed,
    failed: tally.failed,
    requests: client.stats().requests,
  }));
  noteTroubles(client, progress);
  const stopped = AbortSignal.any([interrupted, target.lost]);
  // Ends every wait below: for lines, for room, and for what is pending.
  stopped.addEventListener('abort', () => {
    file.close();
    void client.close({ timeoutMs: target.lost.aborted ? 0 : LAST_MS });
  });
  const start = performance.now();
  try {
    const unread = await sendLines(file, settings.speed, { client, calls, tally, stopped });
    await client.flush();
    const wallMs = performance.now() - start;
    await client.close();
    return summaryOf({
      file: settings.file,
      apiUrl: target.apiUrl,
      emulated: target.isEmulator,
      tally,
      stats: client.stats(),
      wallMs,
      seen: await target.seen(),
      cut: target.lost.aborted
        ? 'The emulator is gone.'
        : interrupted.aborted
          ? 'Interrupted before it was through.'
          : unread,
    });
  } finally {
    progress.end();
  }
}

function makeClient({ client }: Settings, { apiUrl, apiToken }: Target): AutobatchClient {
  try {
    return new AutobatchClient({
      ...client,
      apiUrl,
      apiToken,
      // A file waits for room anyway; more of it in memory would only wait longer.
      queue: { maxItems: MAX_PENDING },
      logger: false, // what fails is in the summary
      disabled: false, // what the environment says of it is meant for agents
    });
  } catch (error) {
    if (error instanceof PrefactorInvalidArgumentError) throw wrongUsage('send', error.message);
    throw error;
  }
}

interface Way {
  readonly client: AutobatchClient;
  readonly calls: RecordedCalls;
  readonly tally: Tally;
  readonly stopped: AbortSignal;
}

/** Makes the calls. Gives why the file was not read to its end, where it was not. */
async function sendLines(
  file: ActionFile,
  speed: Settings['speed'],
  { client, calls, tally, stopped }: Way,
): Promise<string | undefined> {
  const start = performance.now();
  try {
    for await (const line of file.lines()) {
      if (line.kind === 'problem') {
        tally.badLine(line.number, line.problem);
        continue;
      }
      const { action, number } = line;
      const waitMs = dueMs(action, speed) - (performance.now() - start);
      if (waitMs > 0) await delay(waitMs, undefined, { signal: stopped });
      await client.ready();
      const call = attempt(() => calls.call(action));
      if (call instanceof Error) tally.badLine(number, call.message);
      else tally.count(call, number, action.type);
    }
  } catch (error) {
    // Whatever was waited for, the stop ended it.
    if (stopped.aborted) return undefined;
    if (error instanceof CommandFailure) return error.message;
    throw error;
  }
  return undefined;
}

/** When an action is due, in milliseconds since the start. */
export function dueMs({ t }: { readonly t: number }, speed: Settings['speed']): number {
  return speed === 'max' ? 0 : t / speed;
}

function attempt<T>(call: () => T): T | Error {
  try {
    return call();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Says why nothing moves, while nothing does. */
function noteTroubles(client: AutobatchClient, progress: Progress): void {
  client.on('pause', ({ ms, status }) => {
    progress.note(`The API asks for a pause of ${duration(ms)} (${status}).`);
  });
  let isAway = false;
  client.on('response', ({ status }) => {
    const wasAway = isAway;
    isAway = status === undefined;
    if (isAway && !wasAway) progress.note('No answer from the API; trying again.');
    if (!isAway && wasAway) progress.note('The API answers again.');
  });
}
