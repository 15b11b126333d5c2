import { expect } from 'vitest';
import { ResourceHistory } from '../../src/coalescer/calls/resource-history.ts';
import { Coalescer } from '../../src/coalescer/coalescer.ts';
import type {
  EngineEvents,
  Ledger,
  Name,
  Reason,
  Schedule,
  Submission,
  ToRecord,
  Verdict,
} from '../../src/coalescer/index.ts';
import { RejectedError } from '../../src/coalescer/ports/rejected-error.ts';
import type { Fault, ScriptedSend } from './scripted-send.ts';
import { scriptedSend } from './scripted-send.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { virtualClock } from './virtual-clock.ts';

type Options = ConstructorParameters<typeof Coalescer<Fault>>[0];

/** A call in a test: a key, and what matters of the rest. */
export type CallOptions = Partial<Omit<Submission, 'key' | 'uses'>> & {
  readonly uses?: readonly Name[];
};

export interface EngineUnderTest {
  readonly engine: Coalescer<Fault>;
  readonly clock: VirtualClock;
  readonly wire: ScriptedSend;
  readonly events: { readonly [Name in keyof EngineEvents]: EngineEvents[Name][] };
  /** A number of its own, for what gets its id from the answer. */
  number(): number;
  /** Makes one call. */
  call(key: string, options?: CallOptions): Promise<unknown>;
  /** Answers all requests with success until nothing is left to do. */
  answerAll(): Promise<void>;
  /** Answers all requests until nothing is left, as a server at which these keys fail for good. */
  answerAllBut(...failing: readonly string[]): Promise<void>;
  /** Nothing is pending, no timer is left, and the books balanced whenever user code could look. */
  expectIdle(): void;
}

/** The engine with scripted requests, in virtual time and without chance. */
export function engineUnderTest(
  settings: Partial<Options> = {},
  ports: Partial<Options> = {},
): EngineUnderTest {
  const clock = virtualClock();
  const wire = scriptedSend();
  const events: EngineUnderTest['events'] = {
    dispatch: [],
    response: [],
    requeue: [],
    retry: [],
    pause: [],
    outage: [],
    recovery: [],
    failure: [],
    idle: [],
  };
  const unbalanced: Ledger[] = [];
  const engine = new Coalescer<Fault>({
    send: wire.send,
    read: (output, readAs) => (typeof readAs === 'function' ? readAs(output) : readOutput(output)),
    clock,
    random: () => 0.5,
    events: {
      observed: { dispatch: true, response: true, idle: true },
      emit: (name, detail) => void events[name].push(detail as never),
      deliver: () => {
        const { ledger } = engine.stats();
        if (!isBalanced(ledger)) unbalanced.push(ledger);
      },
    },
    maxItems: 100,
    maxBytes: 1_000_000,
    envelopeBytes: 12,
    separatorBytes: 1,
    deliveryTimeoutMs: 300_000,
    attemptTimeoutMs: settings.deliveryTimeoutMs ?? 300_000,
    ...ports,
    ...settings,
    retry: { maxPauseMs: 300_000, itemCodes: ['busy'], ...settings.retry },
  });
  const answerAll = async (...failing: readonly string[]): Promise<void> => {
    await clock.settle();
    while (wire.parked.length > 0) {
      for (const request of [...wire.parked]) {
        const first = request.keys.find((key) => failing.includes(key));
        if (first === undefined) request.answer();
        else request.stopAt(first);
      }
      await clock.settle();
    }
  };
  let lastNumber = 0;
  return {
    engine,
    number: () => ++lastNumber,
    clock,
    wire,
    events,
    call: (key, options = {}) => engine.submit(submission(key, options)),
    answerAll,
    answerAllBut: answerAll,
    expectIdle() {
      expect(clock.timers).toBe(0);
      expect(unbalanced).toEqual([]);
      const { ledger, queued, inFlight, queuedBytes } = engine.stats();
      const { pending } = ledger;
      expect({ queued, inFlight, queuedBytes, pending, resources: engine.resources }).toEqual({
        queued: 0,
        inFlight: 0,
        queuedBytes: 0,
        pending: 0,
        resources: 0,
      });
    },
  };
}

export function submission(key: string, options: CallOptions = {}): Submission {
  const pieces = options.pieces ?? [`{"key":"${key}"}`];
  return {
    key,
    type: 'test',
    pieces,
    bytes: pieces.join('').length,
    holes: [],
    readAs: undefined,
    ...options,
  };
}

/** As the server of the tests says it. */
export function readOutput(output: unknown): Verdict<unknown> {
  const { ok, id, code, retryAfterMs, conflict } = output as {
    ok?: boolean;
    id?: string;
    code?: string;
    retryAfterMs?: number;
    conflict?: 'exists' | 'state' | 'used';
  };
  if (ok === true) return { kind: 'success', value: output, id };
  if (ok === false) return { kind: 'error', code, retryAfterMs, conflict };
  return { kind: 'malformed' };
}

/** A window that stays open until something else ends it. */
export const openWindow: Schedule = () => undefined;

/** Options of a call whose text lacks the ids of what it refers to, and which uses them. */
export function referring(key: string, ...references: readonly number[]): CallOptions {
  const between = references.slice(1).map(() => ',');
  return {
    pieces: [`{"key":"${key}","of":[`, ...between, ']}'],
    holes: references,
    uses: references,
  };
}

/** Whether accepted calls are all entered, once, in the column of how they ended. */
export function isBalanced(ledger: Ledger): boolean {
  const { accepted, succeeded, refused, notAttempted, inDoubt, cancelled, pending } = ledger;
  return accepted === succeeded + refused + notAttempted + inDoubt + cancelled + pending;
}

/** How each call ended: `ok`, `aborted`, or the kind of the reason that it was rejected with. */
export async function endsOf(...calls: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((end) => {
    if (end.status === 'fulfilled') return 'ok';
    return end.reason instanceof RejectedError ? end.reason.reason.kind : 'aborted';
  });
}

/** Why a call was rejected; undefined where it was not. */
export async function reasonOf(call: Promise<unknown>): Promise<Reason<unknown> | undefined> {
  const [end] = await Promise.allSettled([call]);
  if (end?.status !== 'rejected') return undefined;
  if (end.reason instanceof RejectedError) return end.reason.reason;
  throw end.reason;
}

/** Whether a call has settled by now. */
export async function isSettled(call: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  call.then(note, note);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  return settled;
}

/** What the engine remembers of why a call failed. */
export function rememberedOf<Failure>(
  reason: Reason<Failure>,
  toRecord: ToRecord<Failure>,
): Reason<Failure> {
  const history = new ResourceHistory<Failure>({
    toRecord,
    onNamed: () => {},
    isInLine: () => false,
    isBeingMade: () => false,
  });
  history.failed('x', { key: 'failed', reason });
  const cause = history.failureOf('x');
  if (typeof cause !== 'object') throw new Error('Nothing is remembered.');
  return cause.reason;
}
