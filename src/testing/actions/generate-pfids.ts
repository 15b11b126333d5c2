// `pfid/generate`: docs/internals/api.md, "Ids".

import type { ActionCall, Ran } from './action-handler.ts';
import { invalid, notFound, readFields, success } from './action-handler.ts';

const GENERATE = new Set(['count', 'account_id']);
// Most ids that one call may ask for; the API's own limit is **unknown**.
const MAX_COUNT = 1_000;

/** Answers in the newer of the two shapes on record (*conflict*): ids beside `status`. */
export function generatePfids(call: ActionCall): Ran {
  const { world, fields } = call;
  readFields(call, GENERATE);
  const { count, account_id: accountId } = fields;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > MAX_COUNT) {
    call.problems.add('count', `is from 1 to ${MAX_COUNT}`);
    return invalid('Invalid request for ids', call);
  }
  if (call.problems.any) return invalid('Invalid request for ids', call);
  if (accountId !== undefined && accountId !== world.accountId) return notFound('Account', null);
  const pfids = Array.from({ length: count }, () => world.newId(null));
  return success({ pfids, account_id: world.accountId }, null);
}
