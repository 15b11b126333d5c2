import type { Rule } from './rules.ts';

export interface Cost {
  readonly requests: number;
  /** Items sent, those that were not reached included. */
  readonly items: number;
}

/**
 * What calls cost that are all made at once, with one request in flight, at a server
 * that stops at the first error. `fails` says of each call, in order, whether it does.
 */
export function oneAtATime(fails: readonly boolean[], rule: Rule, maxItems: number): Cost {
  let requests = 0;
  let items = 0;
  for (let next = 0; next < fails.length; ) {
    const limit = rule.limit(maxItems);
    const sent = Math.min(limit, fails.length - next);
    requests++;
    items += sent;
    const failing = fails.indexOf(true, next);
    const ran = failing === -1 ? sent : Math.min(sent, failing - next + 1);
    next += ran;
    if (failing !== -1 && failing < next) rule.failed(ran, ran);
    else rule.passed(sent, sent === limit ? maxItems - limit : 0);
  }
  return { requests, items };
}
