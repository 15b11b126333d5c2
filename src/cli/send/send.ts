import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AutobatchClient, PrefactorInvalidArgumentError } from '../../index.ts';
import type { ActionFile } from '../actions/action-file.ts';
import { openActionFile } from '../actions/action-file.ts';
import type { Deployment, Identities, RecordedCallsOptions } from '../actions/recorded-calls.ts';
import { RecordedCalls } from '../actions/recorded-calls.ts';
import { recordedTimes } from '../actions/recorded-time.ts';
import { wrongUsage } from '../arguments.ts';
import { balances } from '../books.ts';
import type { Command, Surroundings } from '../command.ts';
import { CommandFailure, exitCodeOf, exitCodes } from '../failure.ts';
import { duration } from '../figures.ts';
import { FailedLines } from './failed-lines.ts';
import { mayBeDone } from './failure.ts';
import { help } from './help.ts';
import { FileIdentities } from './identities.ts';
import type { Progress } from './progress.ts';
import { showProgress } from './progress.ts';
import { RecordedClock } from './recorded-clock.ts';
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
/** Of pauses that follow each other one is told of so often. */
const PAUSES_EVERY_MS = 60_000;
/** How soon it is seen that there is room again. */
const ROOM_MS = 5;

async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const settings = readSettings(args);
  const file = await openActionFile(settings.file, surroundings.stdin);
  try {
    const target = await openTarget(settings, surroundings);
    const summary = await sendFile(file, settings, target, surroundings).finally(target.close);
    const { stdout, interrupted } = surroundings;
    stdout.write(settings.json ? `${JSON.stringify(summary, null, 2)}\n` : textOf(summary));
    if (interrupted.aborted) return exitCodeOf(interrupted);
    return isRight(summary) ? exitCodes.ok : exitCodes.failed;
  } finally {
    file.close();
  }
}

function isRight({ failures, ledger, problems }: Summary): boolean {
  return failures.length === 0 && balances(ledger) && problems.length === 0;
}

async function sendFile(
  file: ActionFile,
  settings: Settings,
  target: Target,
  { env, screen, interrupted }: Surroundings,
): Promise<Summary> {
  const client = makeClient(settings, target);
  const failedLines =
    settings.failedFile === undefined ? undefined : await FailedLines.at(settings.failedFile);
  const deployment = {
    agentId: env['PREFACTOR_AGENT_ID'] || undefined,
    environmentId: env['PREFACTOR_ENVIRONMENT_ID'] || undefined,
  };
  const calls = new RecordedCalls(client, {
    ...deployment,
    timeOf: timesOf(settings, file),
    identities: identitiesOf(settings, file, deployment),
    missingParents: settings.missingParents,
  });
  const tally = new Tally();
  const progress = showProgress(screen, () => ({
    bytesRead: file.bytesRead,
    size: file.size,
    actions: tally.actions,
    settled: tally.settled,
    failed: tally.failed,
    requests: client.stats().requests,
  }));
  noteTroubles(client, progress);
  const stopped = AbortSignal.any([interrupted, target.lost]);
  // Ends every wait below: for lines, for room, and for what is pending.
  const stop = (): void => {
    file.close();
    void client.close({ timeoutMs: target.lost.aborted ? 0 : LAST_MS });
  };
  if (stopped.aborted) stop();
  else stopped.addEventListener('abort', stop);
  const start = performance.now();
  try {
    const way = { calls, tally, failedLines, stopped };
    const unread = await sendLines(file, settings, way);
    await calls.flush();
    const wallMs = performance.now() - start;
    await client.close();
    const unwritten = await failedLines?.end();
    return summaryOf({
      file: settings.file,
      apiUrl: target.apiUrl,
      emulated: target.isEmulator,
      tally,
      leftOpen: calls.leftOpen,
      failedLines: failedLines && { file: settings.failedFile ?? '', count: failedLines.count },
      stats: client.stats(),
      wallMs,
      seen: await target.seen(),
      cut: target.lost.aborted
        ? 'The emulator is gone.'
        : interrupted.aborted
          ? 'Interrupted before it was through.'
          : unread,
      problem: unwritten,
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

/** When actions are said to have happened. */
function timesOf(
  { times, start }: Settings,
  { madeAt }: ActionFile,
): RecordedCallsOptions['timeOf'] {
  return times === 'sent' ? undefined : recordedTimes(start ?? madeAt ?? Date.now());
}

/** A stream has no name by which it could be known the next time. */
function identitiesOf(
  { again, client }: Settings,
  { name }: ActionFile,
  { agentId = '', environmentId = '' }: Deployment,
): Identities {
  const file = name === undefined ? ['-', again ?? randomUUID()] : [name, again ?? ''];
  return new FileIdentities([...file, agentId, environmentId], client.ids !== 'server');
}

interface Way {
  readonly calls: RecordedCalls;
  readonly tally: Tally;
  readonly failedLines: FailedLines | undefined;
  readonly stopped: AbortSignal;
}

/** Makes the calls. Gives why the file was not read to its end, where it was not. */
async function sendLines(
  file: ActionFile,
  { speed, ignored }: Settings,
  { calls, tally, failedLines, stopped }: Way,
): Promise<string | undefined> {
  const clock = new RecordedClock(speed);
  try {
    for await (const line of file.lines(ignored)) {
      const { number, text } = line;
      if (line.kind === 'problem') {
        if (line.unmade !== undefined) calls.noteUnmade(line.unmade);
        tally.badLine(number, line.problem);
        failedLines?.add(text);
        continue;
      }
      const { action } = line;
      await clock.until(action.t, stopped);
      await room(calls, tally, stopped);
      const taken = calls.take(action, text);
      if (taken.kind === 'skipped') {
        tally.skip();
      } else if (taken.kind === 'bad') {
        tally.badLine(number, taken.problem, taken.isConsequence);
        failedLines?.add(text);
      } else {
        const { call, key, ids } = taken;
        const again =
          failedLines &&
          ((error: unknown) =>
            failedLines.add(text, {
              idempotency_key: mayBeDone(error) ? key : undefined,
              ...ids(),
            }));
        tally.count(call, number, action, again);
      }
    }
  } catch (error) {
    // Whatever was waited for, the stop ended it.
    if (stopped.aborted) return undefined;
    if (error instanceof CommandFailure) return error.message;
    throw error;
  }
  return undefined;
}

/** Waits until an action may be called: some wait for their run before the client has them. */
async function room(calls: RecordedCalls, tally: Tally, stopped: AbortSignal): Promise<void> {
  await calls.ready();
  while (tally.actions - tally.settled >= MAX_PENDING) {
    await delay(ROOM_MS, undefined, { signal: stopped });
  }
}

/** Says why nothing moves, while nothing does: once, and of pauses once a minute. */
function noteTroubles(client: AutobatchClient, progress: Progress): void {
  let quietUntil = 0;
  client.on('pause', ({ ms, status }) => {
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + PAUSES_EVERY_MS;
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
