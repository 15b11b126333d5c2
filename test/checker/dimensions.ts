import { Chance } from './chance.ts';

/**
 * What can be drawn, each by itself: so a failure is cut down to what it needs, and a promise that the
 * engine does not keep yet holds up no other.
 */
const DIMENSIONS = {
  aborts: 'signals: shared, aborted already, in flight',
  ownKeys: "the caller's own keys, repeated with the same arguments",
  otherArguments: 'the same key with other arguments',
  otherShapes: 'one key, asked for by a method and by `submit`',
  bulk: '`bulk.execute` beside the queue',
  closes: 'a `close` in the middle',
  smallQueue: 'bounds that are met',
  corners: 'retry settings at their corners: one attempt, no pause, no code that passes',
  noDelay: 'no delay at all between attempts',
  listeners: 'listeners that call back, come and go',
  causedFailures: 'a listener of `failure` that calls back, so that others fail meanwhile',
  repeatsWithin: 'a call that is repeated, under its key, by what it runs itself',
  withinClose: 'user code that `close` itself runs, and that calls back',
  logger: 'a logger that calls back',
  hook: '`beforeEnqueue` that calls back, changes, throws',
  leftOut: '`beforeEnqueue` that returns null',
  leftOutRepeats: 'the same where calls are repeated under their keys',
  token: 'a token function that calls back',
  tokenFails: 'a token function that throws, rejects, gives nonsense, another token, or nothing',
  window: 'a window function that calls back, forgets, repeats itself',
  fetch: 'a `fetch` that calls back',
  fetchFails: 'a `fetch` that throws at once, or gives nonsense',
  abortListeners: 'listeners of signals that call back',
  toJSON: 'payloads whose `toJSON` calls back',
  waitUntil: '`waitUntil` that calls back',
  oddSignals: 'signals that are none of the platform',
  lettingGo: 'a `fetch` that keeps the signal of its `Request` only, which may be collected',
  throwing: 'user code that throws',
  rejecting: 'user code that gives promises of any make that reject',
  lostRequests: 'cut connections, time-outs, broken bodies, 5xx, before and after the work',
  downAtFirst: 'a server that takes no connection at first (sockets only)',
  lateRequests: 'requests whose client has given up, done after their repetitions',
  refusals: 'a whole request refused: 4xx, 413 by size, 422 for one item or for their number',
  pauses: '429 and 503 with a time in each form',
  itemErrors: 'items that are refused, or pass later',
  repeatsRefused: '`idempotency_key_already_used` for each repetition',
  storedErrors: 'errors that are stored under their key',
  missingOutputs: 'outputs that are left out',
  malformedOutputs: 'outputs that are none',
  hugeAnswers: 'answers larger than the client reads',
  twins: 'a second create of an id that is taken',
  otherIds: 'an id in the answer that is not the one that was sent',
  foreign: 'runs and spans that this client never made, or nobody',
  tokenEcho: 'a server and a `fetch` that say the token',
  stops: 'a process that stands still for a while',
} as const;

export type Dimension = keyof typeof DIMENSIONS;

/** All there are. */
export const ALL: readonly Dimension[] = Object.keys(DIMENSIONS) as Dimension[];

/** Those in which the engine breaks a promise today; `npm run check -- --all` shows how. */
const HELD_BACK: readonly Dimension[] = ['leftOutRepeats', 'lettingGo'];

/** What holds today. */
export const HELD: readonly Dimension[] = ALL.filter((dimension) => !HELD_BACK.includes(dimension));

/** Some of them, others for each seed: all at once would hide each other. */
export function dimensionsOf(seed: number, allowed: readonly Dimension[]): ReadonlySet<Dimension> {
  const chance = new Chance(seed, 'dimensions');
  const share = chance.pick([0.1, 0.3, 0.5, 0.9]);
  const drawn = ALL.filter(() => chance.is(share));
  return new Set(drawn.filter((dimension) => allowed.includes(dimension)));
}
