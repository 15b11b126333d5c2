import { amount, bytes } from '../terminal/figures.ts';
import { MOST_BYTES, MOST_ITEMS } from './questions/limits.ts';
import { RUN_NAME } from './questions/smoke-run.ts';

/** What `--write` is about to do. */
export const promise: string = `It registers one run, "${RUN_NAME}" with purpose smoke_test, makes some 20 spans
in it, sends requests of up to ${amount(MOST_ITEMS)} items and ${bytes(MOST_BYTES)}, and finishes the run at the end,
also after a failure.`;

export const help: string = `Checks that the API is there and takes the token, and whether it does what the client assumes.

Usage: prefactor-autobatch doctor [OPTIONS]

  --api-url URL  the API; without it PREFACTOR_API_URL, else the public one. The token is that of
                 PREFACTOR_API_TOKEN
  --write        asks also what only a run can tell: ids, errors, keys, shapes, limits
  --json         the report as JSON

Without --write it only reads: a ping, and a bulk request without items. With --write:
${promise}
With an account's token it needs PREFACTOR_AGENT_ID and PREFACTOR_ENVIRONMENT_ID.

A line for each question goes to standard error as it is answered: ok (as the client assumes),
DIFFERENT, problem (it could not be asked), or unknown (it cannot be told). The report, in Markdown,
goes to standard output: share it. It names the host, and has no token and no id in it.

Exit codes: 0 nothing differs, 1 something failed or differs, 2 the command line is wrong,
130 interrupted: the run is finished, and the report has what was asked by then.

Examples:
  prefactor-autobatch doctor
  prefactor-autobatch doctor --write > report.md
`;
