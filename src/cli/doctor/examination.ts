/** Asks the questions that need a run, one after the other. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Deployment } from '../../recordings/calls/recorded-calls.ts';
import type { BulkApi, Item } from './questions/bulk-api.ts';
import { idOf } from './questions/bulk-api.ts';
import { errorQuestions } from './questions/errors.ts';
import type { Finding } from './questions/finding.ts';
import { asAssumed, different, problem, Unanswered, unknown } from './questions/finding.ts';
import { idQuestions } from './questions/ids.ts';
import { keyQuestions } from './questions/keys.ts';
import { limitQuestions } from './questions/limits.ts';
import type { Answers, Ask, QuestionId, Questions } from './questions/question.ts';
import { needsIds } from './questions/question.ts';
import { shapeQuestions } from './questions/shapes.ts';
import { registrationFor, SmokeRun } from './questions/smoke-run.ts';

/** The order matters: whether ids hold is asked before the questions that use them. */
const questions: Questions = {
  ...idQuestions,
  ...errorQuestions,
  ...keyQuestions,
  ...shapeQuestions,
  ...limitQuestions,
};

/** After so many questions in a row without an answer the rest is not asked. */
const PATIENCE = 2;

/** Waited before each further attempt to finish the run: most often a rate limit has ended the questions. */
const FINISH_DELAYS_MS: readonly number[] = [1_000, 2_000, 4_000];

export interface Conditions {
  readonly deployment: Deployment;
  /** Ends the questions; the run is still finished. */
  readonly interrupted: AbortSignal;
  /** @default 1, 2 and 4 s */
  readonly finishDelaysMs?: readonly number[];
}

export async function examine(
  api: BulkApi,
  answers: Answers,
  { deployment, interrupted, finishDelaysMs = FINISH_DELAYS_MS }: Conditions,
): Promise<void> {
  const run = await open(api, deployment);
  answers.add('register', run instanceof SmokeRun ? asAssumed('Yes.') : run);
  if (!(run instanceof SmokeRun)) return;
  try {
    let unanswered = 0;
    for (const [id, ask] of Object.entries(questions) as [QuestionId, Ask][]) {
      if (interrupted.aborted) break;
      let found: Finding;
      if (unanswered >= PATIENCE) {
        found = unknown('Not asked: the last questions had no answer.');
      } else if (needsIds.has(id) && !run.idsHold) {
        found = unknown("Only ids of the client's can tell, which do not hold.");
      } else {
        found = await ask(run).catch(problemOf);
        unanswered = found.finding === 'problem' ? unanswered + 1 : 0;
      }
      answers.add(id, found);
    }
  } finally {
    answers.add('finish', await close(run, finishDelaysMs));
  }
}

/** The run, or why there is none. */
async function open(api: BulkApi, deployment: Deployment): Promise<SmokeRun | Finding> {
  try {
    const made = await api.one(registrationFor(deployment));
    if (made.kind === 'success') {
      const id = idOf(made);
      if (id === '') throw new Unanswered('The answer to the registration has no details.id.');
      return new SmokeRun(api, id);
    }
    const isNamed = deployment.agent_id !== undefined && deployment.environment_id !== undefined;
    const advice = isNamed
      ? ''
      : " With an account's token, set PREFACTOR_AGENT_ID and PREFACTOR_ENVIRONMENT_ID.";
    return problem(`No, it is refused (${made.because}), so nothing else can be asked.${advice}`);
  } catch (error) {
    const { answer } = problemOf(error);
    return problem(`${answer} If the run was made all the same, finish it in the web app.`);
  }
}

/** All attempts have one key, so that a lost answer does no harm. */
async function close(run: SmokeRun, delaysMs: readonly number[]): Promise<Finding> {
  const status = 'complete';
  const item = run.action('agent_instances/finish', { status });
  for (let i = 0; ; i++) {
    try {
      return await finish(run, item, status);
    } catch (error) {
      const { answer } = problemOf(error);
      const delayMs = delaysMs[i];
      if (delayMs === undefined) return problem(`${answer} ${left}`);
      await delay(delayMs);
    }
  }
}

const left = 'The run may still be open: finish it in the web app.';

async function finish(run: SmokeRun, item: Item, status: string): Promise<Finding> {
  const bulk = await run.one(item);
  if (bulk.kind === 'success') return asAssumed('Yes.');
  const path = `/api/v1/agent_instance/${encodeURIComponent(run.id)}/finish`;
  const single = await run.api.single(path, { status });
  return single.kind === 'success'
    ? different(`No, it is refused (${bulk.because}); the single endpoint has finished it.`)
    : problem(
        `No, it is refused (${bulk.because}), and so is the single endpoint (${single.because}). ${left}`,
      );
}

/** The message of `Unanswered`; other errors are bugs, and thrown on. */
function problemOf(error: unknown): Finding {
  if (error instanceof Unanswered) return problem(error.message);
  throw error;
}
