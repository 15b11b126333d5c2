/** What the server's chance has for a request and for an item. */
import { Chance } from '../chance.ts';
import type { Dimension } from '../dimensions.ts';
import type { Plan } from '../plan.ts';

/** When the work of a request is done, which it is whole or not at all. */
type Work = 'now' | 'late' | 'never';

export type Fault =
  | { readonly kind: 'none' }
  /** The connection breaks, before an answer or in the middle of it. */
  | { readonly kind: 'reset' | 'cut'; readonly work: Work }
  /** No answer comes. */
  | { readonly kind: 'silence'; readonly work: Work }
  /** An answer comes that says nothing. */
  | { readonly kind: 'short' | 'no json' | 'no outputs' | 'huge'; readonly work: Work }
  | { readonly kind: 'unasked' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly code: string;
      readonly work: Work;
      readonly pause: Pause | undefined;
    };

/** How a server says when to come back: a header's text, or a field of the body. */
export type Pause =
  | { readonly kind: 'seconds' | 'date' | 'body'; readonly ms: number }
  | { readonly kind: 'text'; readonly text: string };

export type Fate =
  | { readonly kind: 'fine' }
  | { readonly kind: 'refused'; readonly code: string }
  | {
      readonly kind: 'passing';
      readonly code: string;
      readonly times: number;
      readonly afterMs: number | undefined;
    }
  /** It sinks the whole request: refused, or the connection breaks. */
  | { readonly kind: 'poison'; readonly status: 400 | 422 }
  | { readonly kind: 'killer' }
  /** Its work is done, and its output is none, or missing, so many times. */
  | { readonly kind: 'malformed'; readonly form: number }
  | { readonly kind: 'omitted'; readonly times: number };

export function faultOf(plan: Plan, requestNo: number): Fault {
  const chance = new Chance(plan.seed, `fault ${requestNo}`);
  if (!chance.is(plan.ways.faults)) return NO_FAULT;
  const has = (dimension: Dimension): number => (plan.dimensions.has(dimension) ? 1 : 0);
  const kind = chance.weighed({
    none: 0.01,
    lost: 5 * has('lostRequests'),
    broken: 2 * has('lostRequests'),
    failing: 2 * has('lostRequests'),
    pause: 2 * has('pauses'),
    refused: 0.6 * has('refusals'),
    unasked: 0.5 * has('malformedOutputs'),
    huge: requestNo < 4 ? 0.4 * has('hugeAnswers') : 0,
  });
  const works: readonly Work[] =
    has('lateRequests') === 1 ? ['now', 'late', 'never'] : ['now', 'never'];
  const work = chance.pick(works);
  switch (kind) {
    case 'lost':
      return { kind: chance.pick(['reset', 'cut', 'silence']), work };
    case 'broken':
      return { kind: chance.pick(['short', 'no json', 'no outputs']), work };
    case 'failing': {
      const status = chance.pick([500, 502, 503, 504, 408, 425, 599]);
      return { kind: 'status', status, code: 'unexpected', work, pause: undefined };
    }
    case 'pause': {
      const status = chance.pick([429, 503]);
      const code = status === 429 ? 'rate_limited' : 'temporarily_unavailable';
      const pause = status === 429 && chance.is(0.2) ? undefined : pauseFrom(chance);
      return { kind: 'status', status, code, work: status === 429 ? 'never' : work, pause };
    }
    case 'refused': {
      const [status, code] = chance.pick([
        [401, 'bad_authtoken'],
        [403, 'not_permitted'],
        [404, 'not_found'],
        [405, 'not_implemented'],
        [400, 'bad_request'],
        [422, 'validation_errors'],
        [413, 'bad_request'],
        [302, 'unknown'],
      ] as const);
      return { kind: 'status', status, code, work: 'never', pause: undefined };
    }
    case 'unasked':
      return { kind: 'unasked' };
    case 'huge':
      return { kind: 'huge', work: 'now' };
    default:
      return NO_FAULT;
  }
}

function pauseFrom(chance: Chance): Pause {
  const kind = chance.pick(['seconds', 'date', 'body', 'text'] as const);
  if (kind === 'text') {
    return { kind, text: chance.pick(['soon', '-1', '', 'a12', '1e3', '0x10', 'Mon, 7', '2026']) };
  }
  const ms = chance.pick([0, 1_000, 1_000, 3_000, 120_000]);
  return { kind, ms: kind === 'body' && chance.is(0.3) ? 0.0001 : ms };
}

const NO_FAULT: Fault = { kind: 'none' };

export function fateOf(plan: Plan, marker: string): Fate {
  const chance = new Chance(plan.seed, `fate ${marker}`);
  if (!chance.is(plan.ways.fates)) return FINE;
  const has = (dimension: Dimension): number => (plan.dimensions.has(dimension) ? 1 : 0);
  const kind = chance.weighed({
    fine: 0.01,
    refused: 3 * has('itemErrors'),
    passing: 3 * has('itemErrors'),
    poison: 1.5 * has('refusals'),
    killer: 0.7 * has('lostRequests'),
    malformed: 1.5 * has('malformedOutputs'),
    omitted: 1 * has('missingOutputs'),
  });
  switch (kind) {
    case 'refused':
      return { kind, code: chance.pick(FINAL_CODES) };
    case 'passing':
      return {
        kind,
        code: chance.pick(['temporarily_unavailable', 'rate_limited', 'unknown', 'unexpected']),
        times: chance.pick([1, 1, 2, 3, 9]),
        afterMs: chance.pick([undefined, undefined, 0, 50, 2_000]),
      };
    case 'poison':
      return { kind, status: chance.pick([400, 422]) };
    case 'killer':
      return { kind };
    case 'malformed':
      return { kind, form: chance.from(0, 8) };
    case 'omitted':
      return { kind, times: chance.pick([1, 2, 99]) };
    default:
      return FINE;
  }
}

const FINE: Fate = { kind: 'fine' };

/** Of the API's codes (docs/internals/api.md, "Error codes"), those that say no for good. */
const FINAL_CODES: readonly string[] = [
  'bad_request',
  'not_permitted',
  'not_found',
  'unexpected_ref_type',
  'invalid_action',
  'invalid_value',
  'required_value',
  'validation_errors',
];
