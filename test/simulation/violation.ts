/** What must hold, by name, each with what it means. */
export const INVARIANTS = {
  'settled once': 'Each call settles, once, and each failed one is reported once.',
  'settled in time': 'Each call settles within deliveryTimeoutMs.',
  'no stall': 'Where the server answers, no call waits until its time is over.',
  'effect once': 'No key takes effect twice.',
  truth: 'Resolved: the server has it. Rejected as not applied: it has not.',
  'own result': 'Each caller gets the result of its own call.',
  'own error': 'Each caller gets an error object of its own.',
  order: 'Nothing overtakes what it depends on, on its way and on the server.',
  'no orphans': 'What cannot succeed, since what it needs was not made, is not sent.',
  'dependency failed': 'Only what needs something that failed is rejected for it.',
  stops: 'A stop of the process costs no answer that is there, and no call that was never sent.',
  bounds: 'No request is larger, and none more at once, than the options allow.',
  'exact bytes': 'A request is as large as was said of it.',
  'queue bounds': 'The queue takes in what it has room for, and nothing beyond, but for what ends.',
  'key in one request': 'A key is in one request at a time.',
  'same bytes': 'A key is always sent with the same bytes.',
  books: 'The ledger balances whenever somebody looks, and agrees with what the callers got.',
  halved: 'What got too large an answer is sent again in parts, at once.',
  innocence: 'Nobody is refused or given up for a neighbour.',
  'pause kept': 'Nothing is sent while a pause runs.',
  health: 'Outages and recoveries take turns, and each outage says why.',
  'key conflict': 'A pending key that asks for something else is refused, and nothing else is.',
  'left out':
    'What beforeEnqueue leaves out resolves unsent, and so does whatever needs it; nothing else.',
  declined: 'A call that is invalid, or comes after the end, is not taken in.',
  'no breach': 'The contract of the API is kept.',
  'token hidden': 'No token is part of an error or an event.',
  unhandled: 'No rejection goes unhandled, and nothing is thrown to nobody.',
  'idle at the end': 'At the end nothing is pending, no timer is set, nobody listens to a signal.',
} as const;

export type InvariantName = keyof typeof INVARIANTS;

export interface Violation {
  readonly name: InvariantName;
  readonly detail: string;
  /** Milliseconds since the start. */
  readonly at: number;
}

/** Notes a violation; the run goes on. */
export type Fail = (name: InvariantName, detail: string) => void;
