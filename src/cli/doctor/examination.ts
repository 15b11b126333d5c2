/** Asks the questions that need a run, one after the other. */
import { setTimeout as delay } from 'node:timers/promises';
import type { BulkApi, Item } from './questions/bulk-api.ts';
import { errorQuestions } from './questions/errors.ts';
import type { Answered, Finding } from './questions/finding.ts';
import { asAssumed, different, problem, Unanswered, unknown } from './questions/finding.ts';
import { idQuestions } from './questions/ids.ts';
import { keyQuestions } from './questions/keys.ts';
import { limitQuestions } from './questions/limits.ts';
import type { Question } from './questions/question.ts';
import { shapeQuestions } from './questions/shapes.ts';
import type { Owner } from './questions/smoke-run.ts';
import { SmokeRun } from './questions/smoke-run.ts';

/** In an order that matters: whether ids hold comes before those who use them. */
const questions: readonly Question[] = [
  ...idQuestions,
  ...errorQuestions,
  ...keyQuestions,
  ...shapeQuestions,
  ...limitQuestions,
];

/** After so many questions in a row without an answer the rest is not asked. */
const PATIENCE = 2;

/** Before each further attempt to finish the run: mostly it is a limit of requests that ends the questions. */
const FINISH_DELAYS_MS: readonly number[] = [1_000, 2_000, 4_000];

export interface Conditions {
  readonly owner: Owner;
  /** Ends the questions; the run is finished all the same. */
  readonly interrupted: AbortSignal;
  readonly tell: (answered: Answered) => void;
  /** @default 1, 2 and 4 s */
  readonly finishDelaysMs?: readonly number[];
}

export async function examine(
  api: BulkApi,
  { owner, interrupted, tell, finishDelaysMs = FINISH_DELAYS_MS }: Conditions,
): Promise<readonly Answered[]> {
  const answered: Answered[] = [];
  const add = (question: Omit<Question, 'ask'>, finding: Finding): void => {
    const { id, section, question: text } = question;
    const one = { id, section, question: text, ...finding };
    answered.push(one);
    tell(one);
  };
  const { run, finding } = await open(api, owner);
  add({ id: 'register', section: '2.2', question: 'Can a run be registered in bulk?' }, finding);
  if (run === undefined) return answered;
  try {
    let unanswered = 0;
    for (const question of questions) {
      if (interrupted.aborted) break;
      if (unanswered >= PATIENCE) {
        add(question, unknown('Not asked: the last questions had no answer.'));
        continue;
      }
      const found = await attempt(() => question.ask(run));
      unanswered = found.verdict === 'problem' ? unanswered + 1 : 0;
      add(question, found);
    }
  } finally {
    add(
      { id: 'finish', section: '2.2', question: 'Is the run finished by agent_instances/finish?' },
      await close(run, finishDelaysMs),
    );
  }
  return answered;
}

async function open(
  api: BulkApi,
  owner: Owner,
): Promise<{ readonly run: SmokeRun | undefined; readonly finding: Finding }> {
  try {
    const opened = await SmokeRun.open(api, owner);
    if (opened instanceof SmokeRun) return { run: opened, finding: asAssumed('Yes.') };
    const isNamed = owner.agentId !== undefined && owner.environmentId !== undefined;
    const advice = isNamed
      ? ''
      : " With an account's token, set PREFACTOR_AGENT_ID and PREFACTOR_ENVIRONMENT_ID.";
    const said = `No, it is refused (${opened.because}), so nothing else can be asked.${advice}`;
    return { run: undefined, finding: problem(said) };
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    const said = `${error.message} If the run was made all the same, finish it in the web app.`;
    return { run: undefined, finding: problem(said) };
  }
}

/** One key for all attempts, so that it does not matter which answer was lost. */
async function close(run: SmokeRun, delaysMs: readonly number[]): Promise<Finding> {
  const status = 'complete';
  const item = run.action('agent_instances/finish', { status });
  for (let i = 0; ; i++) {
    try {
      return await finish(run, item, status);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      const delayMs = delaysMs[i];
      if (delayMs === undefined) return problem(`${error.message} ${left}`);
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

async function attempt(ask: () => Promise<Finding>): Promise<Finding> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Unanswered) return problem(error.message);
    throw error;
  }
}
