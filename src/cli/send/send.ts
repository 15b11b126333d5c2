import { randomUUID } from 'node:crypto';
import { AutobatchClient, PrefactorInvalidArgumentError } from '../../index.ts';
import type { ActionFile } from '../../replay/actions/action-file.ts';
import { openActionFile } from '../../replay/actions/action-file.ts';
import { recordedTimes } from '../../replay/actions/recorded-time.ts';
import type {
  Deployment,
  Identities,
  RecordedCallsOptions,
} from '../../replay/calls/recorded-calls.ts';
import { RecordedCalls } from '../../replay/calls/recorded-calls.ts';
import { wrongUsage } from '../command/arguments.ts';
import type { Command, Surroundings } from '../command/command.ts';
import { exitCodeOf, exitCodes } from '../command/failure.ts';
import { balances } from '../terminal/books.ts';
import { duration } from '../terminal/figures.ts';
import type { Position, Progress } from '../terminal/progress.ts';
import { showProgress } from '../terminal/progress.ts';
import type { Target } from './destination.ts';
import { openTarget } from './destination.ts';
import { FailedLines } from './failed-lines.ts';
import { help } from './help.ts';
import { FileIdentities } from './identities.ts';
import { MAX_PENDING, sendLines } from './send-lines.ts';
import type { Settings } from './settings.ts';
import { options, readSettings } from './settings.ts';
import type { Summary } from './summary.ts';
import { summaryOf, textOf } from './summary.ts';
import { Tally } from './tally.ts';

export const send: Command = {
  name: 'send',
  summary: 'the actions of a file, through the client, to the API or to an emulator',
  options,
  help,
  run,
};

/** How long an interrupted client may take for what it has begun. */
const LAST_MS = 5_000;
/** Of pauses that follow each other one is told of so often. */
const PAUSES_EVERY_MS = 60_000;

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
  const calls = callsOf(client, file, settings, env);
  const tally = new Tally();
  const progress = showProgress(screen, () => positionOf(file, tally, client));
  noteTroubles(client, progress);
  const stopped = AbortSignal.any([interrupted, target.lost]);
  whenAborted(stopped, () => stop(file, client, target));
  const start = performance.now();
  try {
    const unread = await sendLines(file, settings, { calls, tally, failedLines, stopped });
    await calls.flush();
    const wallMs = performance.now() - start;
    await client.close();
    const problem = await failedLines?.end();
    return summaryOf({
      file: settings.file,
      apiUrl: target.apiUrl,
      emulated: target.isEmulator,
      tally,
      leftOpen: calls.leftOpen,
      failedLines: failedLines && { file: failedLines.path, count: failedLines.count },
      stats: client.stats(),
      wallMs,
      seen: await target.seen(),
      cut: stopped.aborted ? whyStopped(target) : unread,
      problem,
    });
  } finally {
    progress.end();
  }
}

function whenAborted(signal: AbortSignal, run: () => void): void {
  if (signal.aborted) run();
  else signal.addEventListener('abort', run);
}

/** Ends every wait: for lines, for room, and for what is pending. */
function stop(file: ActionFile, client: AutobatchClient, { lost }: Target): void {
  file.close();
  void client.close({ timeoutMs: lost.aborted ? 0 : LAST_MS });
}

function whyStopped({ lost }: Target): string {
  return lost.aborted ? 'The emulator is gone.' : 'Interrupted before it was through.';
}

function positionOf(file: ActionFile, tally: Tally, client: AutobatchClient): Position {
  return {
    bytesRead: file.bytesRead,
    size: file.size,
    actions: tally.actions,
    settled: tally.settled,
    failed: tally.failed,
    requests: client.stats().requests,
  };
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

/** The calls of the file's actions, whom they are registered for, and what they are known by. */
function callsOf(
  client: AutobatchClient,
  file: ActionFile,
  settings: Settings,
  env: Surroundings['env'],
): RecordedCalls {
  const deployment = {
    agentId: env['PREFACTOR_AGENT_ID'] || undefined,
    environmentId: env['PREFACTOR_ENVIRONMENT_ID'] || undefined,
  };
  return new RecordedCalls({
    client,
    ...deployment,
    timeOf: timesOf(settings, file),
    identities: identitiesOf(settings, file, deployment),
    missingParents: settings.missingParents,
  });
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
  return new FileIdentities({
    salt: [...file, agentId, environmentId],
    makesIds: client.ids !== 'server',
  });
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
