/** What can be asked without writing anything. */
import type { Account, Exchange } from '../api/exchange.ts';
import { exchange, isPage, problemOf } from '../api/exchange.ts';
import { duration } from '../terminal/figures.ts';
import { isJson } from './questions/bulk-api.ts';
import type { Answered, Finding } from './questions/finding.ts';
import { asAssumed, different, problem } from './questions/finding.ts';

/** Whether the API is there and takes the token. After a `problem` nothing more can be asked. */
export async function askConnection(
  account: Account,
  tell: (answered: Answered) => void,
): Promise<readonly Answered[]> {
  const ping = await exchange(account, '/api/v1/ping');
  const answered: Answered[] = [];
  const add = (id: string, question: string, section: string, finding: Finding): boolean => {
    const one = { id, section, question, ...finding };
    answered.push(one);
    tell(one);
    return finding.verdict === 'ok';
  };
  const mayGoOn =
    add('url', 'Does anything answer there?', '1', reach(account, ping)) &&
    add('token', 'Is the token taken?', '1', token(account, ping));
  if (mayGoOn) {
    // No item, so nothing to do: it can only be refused (docs/internals/api.md, "Bulk request").
    const empty = await exchange(account, '/api/v1/bulk', { items: [] });
    add('bulk', 'Does the bulk endpoint answer, and is it the API?', '2', bulk(account, empty));
  }
  return answered;
}

function reach(account: Account, ping: Exchange): Finding {
  return ping.kind === 'silence' || isPage(ping)
    ? problem(problemOf(account, ping) ?? '')
    : asAssumed(`Yes, after ${duration(ping.ms)}.`);
}

function token(account: Account, ping: Exchange): Finding {
  const wrong = problemOf(account, ping);
  return wrong === undefined ? asAssumed('Yes.') : problem(wrong);
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
  if (!isJson(body) || typeof body['status'] !== 'string') {
    return problem(
      `What answers (${status}) is not the Prefactor API: it speaks no JSON of that form.`,
    );
  }
  return status >= 200 && status < 300
    ? different('Yes, but it takes a request without items.')
    : asAssumed(`Yes, it refuses a request without items (${status}).`);
}
