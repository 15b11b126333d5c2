import { expect } from 'vitest';
import type {
  CoalescerPorts,
  CoalescerSettings,
  EngineEvents,
  Name,
  RejectedError,
  Submission,
  Verdict,
} from '../../src/coalescer/index.ts';
import { Coalescer } from '../../src/coalescer/index.ts';
import type { Fault, ScriptedSend } from './scripted-send.ts';
import { scriptedSend } from './scripted-send.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { virtualClock } from './virtual-clock.ts';

type Settings = Omit<CoalescerSettings, 'retry' | 'queue'> & {
  readonly retry: Partial<CoalescerSettings['retry']>;
  readonly queue: Partial<CoalescerSettings['queue']>;
};

/** A call in a test: a key, and what matters of the rest. */
export type CallOptions = Partial<Omit<Submission<unknown>, 'key' | 'uses'>> & {
  readonly uses?: readonly Name[];
};

export interface EngineUnderTest {
  readonly engine: Coalescer<Fault>;
  readonly clock: VirtualClock;
  readonly wire: ScriptedSend;
  readonly events: { readonly [Name in keyof EngineEvents]: EngineEvents[Name][] };
  /** Makes one call. */
  call(key: string, options?: CallOptions): Promise<unknown>;
  /** Answers all requests with success until nothing is left to do. */
  answerAll(): Promise<void>;
  /** Nothing is pending, and no timer is left. */
  expectIdle(): void;
}

/** The engine with scripted requests, in virtual time and without chance. */
export function engineUnderTest(
  settings: Partial<Settings> = {},
  ports: Partial<CoalescerPorts<Fault>> = {},
): EngineUnderTest {
  const clock = virtualClock();
  const wire = scriptedSend();
  const events: EngineUnderTest['events'] = {
    dispatch: [],
    response: [],
    requeue: [],
    retry: [],
    failure: [],
    idle: [],
  };
  const engine = new Coalescer<Fault>(
    {
      send: wire.send,
      clock,
      random: () => 0.5,
      events: {
        has: () => true,
        emit: (name, detail) => void events[name].push(detail as never),
        deliver: () => {},
      },
      ...ports,
    },
    {
      maxItems: 100,
      maxBytes: 1_000_000,
      envelopeBytes: 12,
      separatorBytes: 1,
      concurrency: 16,
      maxWaitMs: 20,
      onSkipped: 'requeue',
      deliveryTimeoutMs: 300_000,
      ...settings,
      queue: { maxItems: 100_000, maxBytes: 64_000_000, ...settings.queue },
      retry: {
        limit: 10,
        giveUpAfterMs: 120_000,
        minDelayMs: 250,
        maxDelayMs: 30_000,
        itemCodes: ['busy'],
        ...settings.retry,
      },
    },
  );
  return {
    engine,
    clock,
    wire,
    events,
    call: (key, options = {}) => engine.submit(submission(key, options)),
    async answerAll() {
      await clock.settle();
      while (wire.parked.length > 0) {
        for (const request of [...wire.parked]) request.answer();
        await clock.settle();
      }
    },
    expectIdle() {
      expect(clock.timers).toBe(0);
      const { ledger, queued, inFlight, queuedBytes } = engine.stats();
      expect({ queued, inFlight, queuedBytes, pending: ledger.pending }).toEqual({
        queued: 0,
        inFlight: 0,
        queuedBytes: 0,
        pending: 0,
      });
    },
  };
}

export function submission(key: string, options: CallOptions = {}): Submission<unknown> {
  const pieces = options.pieces ?? [`{"key":"${key}"}`];
  return {
    key,
    type: 'test',
    pieces,
    bytes: pieces.join('').length,
    holes: [],
    read: readOutput,
    ...options,
  };
}

function readOutput(output: unknown): Verdict<unknown> {
  const { ok, id, code, conflict } = output as {
    ok?: boolean;
    id?: string;
    code?: string;
    conflict?: 'exists' | 'state';
  };
  if (ok === true) return { kind: 'success', value: output, id };
  if (ok === false) return { kind: 'error', code: code ?? '', conflict };
  return { kind: 'malformed' };
}

/** How each call ended: `ok`, or the kind of the reason that it was rejected with. */
export async function endsOf(...calls: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((end) =>
    end.status === 'fulfilled' ? 'ok' : (end.reason as RejectedError).reason.kind,
  );
}
