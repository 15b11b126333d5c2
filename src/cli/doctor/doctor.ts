import { isJsonObject } from '../../recordings/actions/json.ts';
import type { Deployment } from '../../recordings/calls/recorded-calls.ts';
import { isSuccess } from '../../transport/bulk-transport.ts';
import type { Account, ApiExchange } from '../api/api-requests.ts';
import { deploymentOf, exchange, isPage, pingProblem, readAccount } from '../api/api-requests.ts';
import { flag, option, text } from '../command/arguments.ts';
import type { Command } from '../command/command.ts';
import { defineCommand } from '../command/command.ts';
import { exitCodeOf, exitCodes } from '../command/failures-exit-codes.ts';
import { amount, bytes, duration } from '../terminal/figures.ts';
import {
  errorQuestions,
  limitQuestions,
  MAX_MEASURED_BYTES,
  MAX_MEASURED_ITEMS,
} from './questions/errors-limits.ts';
import { idQuestions, keyQuestions } from './questions/ids-keys.ts';
import type { Answered, Finding, QuestionId, Tell } from './questions/question-finding.ts';
import {
  asAssumed,
  different,
  needsIds,
  problem,
  problemOf,
  questionTexts,
  unknown,
} from './questions/question-finding.ts';
import { shapeQuestions } from './questions/shapes.ts';
import type { RunQuestion } from './questions/smoke-run.ts';
import { finishRun, openRun, RUN_NAME, SmokeRun } from './questions/smoke-run.ts';
import { lineOf, markdownOf, reportOf } from './report.ts';

const options = {
  'api-url': option(
    'URL',
    text('a URL'),
    'the API; without it PREFACTOR_API_URL, else the public one. The token is that of PREFACTOR_API_TOKEN',
  ),
  write: flag('asks also what only a run can tell: ids, errors, keys, shapes, limits'),
  json: flag('the report as JSON'),
};

const announcement = `It registers one run, "${RUN_NAME}" with purpose smoke_test, makes some 20 spans
in it, sends requests of up to ${amount(MAX_MEASURED_ITEMS)} items and ${bytes(MAX_MEASURED_BYTES)}, and finishes the run at the end,
also after a failure.`;

export const doctor: Command = defineCommand({
  name: 'doctor',
  summary: 'whether the API is there, takes the token, and does what the client assumes',
  about:
    'Checks that the API is there and takes the token, and whether it does what the client assumes.',
  options,
  notes: `Without --write it only reads: a and a bulk request without items. With --write:
${announcement}
With an account's token it needs PREFACTOR_AGENT_ID and PREFACTOR_ENVIRONMENT_ID.

A line for each question goes to standard error as it is answered: ok (as the client assumes),
DIFFERENT, problem (it could not be asked), or unknown (it cannot be told). The report, in Markdown,
goes to standard output: share it. It names the host, and has no token and no id in it.`,
  exitCodes:
    '0 nothing differs, 1 something failed or differs, 2 the command line is wrong, 130 interrupted: the run is finished, and the report has what was asked by then.',
  examples: ['prefactor-autobatch doctor', 'prefactor-autobatch doctor --write > report.md'],
  async execute({ options: given }, { stdout, stderr, env, interrupted }) {
    const account = readAccount('doctor', given['api-url'], env);
    const answers: Answered[] = [];
    const tell: Tell = (id, finding) => {
      const answered = { id, question: questionTexts[id], ...finding };
      answers.push(answered);
      stderr.write(lineOf(answered));
    };
    await askConnection(account, tell);
    const isThere = answers.every(({ finding }) => finding !== 'problem');
    if (given.write && isThere && !interrupted.aborted) {
      stderr.write(`\n${announcement}\n\n`);
      await examine(account, tell, deploymentOf(env), interrupted);
    }
    const { host } = new URL(account.apiUrl);
    const about = { host, wrote: given.write, complete: !interrupted.aborted };
    const report = reportOf(answers, about);
    stdout.write(given.json ? `${JSON.stringify(report, null, 2)}\n` : markdownOf(report));
    if (interrupted.aborted) return exitCodeOf(interrupted);
    const { findings } = report;
    return findings.different + findings.problem === 0 ? exitCodes.ok : exitCodes.failed;
  },
});

/** Whether the API is there and takes the token. After a `problem` nothing more can be asked. */
async function askConnection(account: Account, tell: Tell): Promise<void> {
  const answer = await exchange(account, '/api/v1/ping');
  const wrong = pingProblem(account, answer);
  const isThere = answer.kind === 'answer' && !isPage(answer);
  const found = isThere ? asAssumed(`Yes, after ${duration(answer.ms)}.`) : problem(wrong ?? '');
  tell('url', found);
  if (!isThere) return;
  tell('token', wrong === undefined ? asAssumed('Yes.') : problem(wrong));
  if (wrong !== undefined) return;
  // Without items, it can only be refused (docs/internals/api.md, "Bulk request").
  const empty = await exchange(account, '/api/v1/bulk', { items: [] });
  tell('bulk', bulkFinding(account, empty));
}

function bulkFinding({ apiUrl }: Account, empty: ApiExchange): Finding {
  if (empty.kind === 'silence') return problem(`There is no usable answer (${empty.reason}).`);
  const { status, body } = empty;
  if (status === 401 || status === 403) {
    return problem(`It refuses the token (${status}), though a ping does not.`);
  }
  if (status === 404 || status === 405 || status === 501) {
    return problem(`There is none (${status}). Is ${apiUrl} the API's URL, without a path?`);
  }
  if (status === 429 || status >= 500) {
    return problem(`It is not able to answer now (${status}). Ask again later.`);
  }
  if (!isJsonObject(body) || typeof body['status'] !== 'string') {
    return problem(
      `What answers (${status}) is not the Prefactor API: it speaks no JSON of that form.`,
    );
  }
  return isSuccess(status)
    ? different('Yes, but it takes a request without items.')
    : asAssumed(`Yes, it refuses a request without items (${status}).`);
}

/** The order matters: whether ids hold is asked before the questions that use them. */
const questions = {
  ...idQuestions,
  ...errorQuestions,
  ...keyQuestions,
  ...shapeQuestions,
  ...limitQuestions,
};

/** After so many questions in a row without an answer the rest is not asked. */
const MAX_UNANSWERED_QUESTIONS = 2;

/** Asks the questions that need a run, one after the other. An interruption ends them; the run is still finished. */
export async function examine(
  account: Account,
  tell: Tell,
  deployment: Deployment,
  interrupted: AbortSignal,
  finishDelaysMs?: readonly number[],
): Promise<void> {
  const run = await openRun(account, deployment);
  tell('register', run instanceof SmokeRun ? asAssumed('Yes.') : run);
  if (!(run instanceof SmokeRun)) return;
  try {
    let unanswered = 0;
    for (const [id, ask] of Object.entries(questions) as [QuestionId, RunQuestion][]) {
      if (interrupted.aborted) break;
      let found: Finding;
      if (unanswered >= MAX_UNANSWERED_QUESTIONS) {
        found = unknown('Not asked: the last questions had no answer.');
      } else if (needsIds.has(id) && !run.idsHold) {
        found = unknown("Only ids of the client's can tell, which do not hold.");
      } else {
        found = await ask(run).catch(problemOf);
        unanswered = found.finding === 'problem' ? unanswered + 1 : 0;
      }
      tell(id, found);
    }
  } finally {
    tell('finish', await finishRun(run, finishDelaysMs));
  }
}
