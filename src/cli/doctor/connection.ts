/** What can be asked without writing anything. */
import { isJsonObject } from '../../recordings/actions/exact-json.ts';
import type { Account, Exchange } from '../api/api-requests.ts';
import { exchange, isPage, isSuccess, ping, pingProblem } from '../api/api-requests.ts';
import { duration } from '../terminal/figures.ts';
import type { Finding, Tell } from './questions/question-finding.ts';
import { asAssumed, different, problem } from './questions/question-finding.ts';

/** Whether the API is there and takes the token. After a `problem` nothing more can be asked. */
export async function askConnection(account: Account, tell: Tell): Promise<void> {
  const answer = await ping(account);
  const wrong = pingProblem(account, answer);
  const isThere = answer.kind === 'answer' && !isPage(answer);
  const found = isThere ? asAssumed(`Yes, after ${duration(answer.ms)}.`) : problem(wrong ?? '');
  tell('url', found);
  if (!isThere) return;
  tell('token', wrong === undefined ? asAssumed('Yes.') : problem(wrong));
  if (wrong !== undefined) return;
  // Without items, it can only be refused (docs/internals/api.md, "Bulk request").
  const empty = await exchange(account, '/api/v1/bulk', { items: [] });
  tell('bulk', bulk(account, empty));
}

function bulk({ apiUrl }: Account, empty: Exchange): Finding {
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
