import type { Batch, Reply, Send } from '../../src/coalescer/index.ts';
import type { Random } from './random.ts';
import type { Fault } from './scripted-send.ts';
import { no, ok } from './scripted-send.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** How often each fault happens, from 0 to 1. */
export interface FaultRates {
  readonly lostBefore: number;
  readonly lostAfter: number;
  readonly overload: number;
  readonly refused: number;
  readonly denied: number;
  readonly busy: number;
  readonly busyAfter: number;
  readonly omitted: number;
  readonly permanent: number;
  readonly transient: number;
}

/** The least server that a bulk client can meet: items in order, stop at the first error. */
export interface ModelServer {
  readonly send: Send<Fault>;
  /** How often each key took effect. */
  readonly effects: ReadonlyMap<string, number>;
  readonly requests: readonly Batch[];
}

export interface ModelServerOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly rates: Partial<FaultRates>;
  readonly roundTripMs?: number;
  /** The id of what a key makes, if it makes anything. */
  readonly idFor: (key: string) => string | undefined;
  /** Called as a request leaves, with the books still as they are at that moment. */
  readonly onRequest?: (batch: Batch) => void;
  readonly onReply?: (batch: Batch) => void;
  /** Keys that fail for good whenever they are reached. */
  readonly failing?: ReadonlySet<string>;
  /** Keys for which a whole request is refused. */
  readonly refusing?: ReadonlySet<string>;
  /** Keys that make the server fall. */
  readonly crashing?: ReadonlySet<string>;
  /** More than that is too much for one request. */
  readonly most?: { readonly items?: number; readonly bytes?: number };
}

export function modelServer(options: ModelServerOptions): ModelServer {
  const { clock, random, rates, roundTripMs = 20, idFor, onRequest, onReply } = options;
  const { failing, refusing, crashing, most } = options;
  const effects = new Map<string, number>();
  const requests: Batch[] = [];
  const happens = (rate = 0): boolean => random() < rate;

  const run = (batch: Batch): Record<string, unknown> => {
    const outputs: Record<string, unknown> = {};
    for (const key of batch.keys) {
      if (!effects.has(key)) {
        if (happens(rates.permanent) || failing?.has(key)) {
          outputs[key] = no('bad');
          return outputs;
        }
        if (happens(rates.transient)) {
          outputs[key] = no('busy');
          return outputs;
        }
        effects.set(key, (effects.get(key) ?? 0) + 1);
      }
      if (!happens(rates.omitted)) outputs[key] = ok(idFor(key));
    }
    return outputs;
  };

  const refused = (status: number, blame?: 'items' | 'bytes' | 'attempt'): Reply<Fault> => ({
    kind: 'refused',
    status,
    failure: `status ${status}`,
    blame,
  });
  const lost = (failure: Fault, overload = false): Reply<Fault> => ({
    kind: 'lost',
    status: undefined,
    failure,
    overload,
  });

  const replyTo = (batch: Batch): Reply<Fault> => {
    if (happens(rates.lostBefore)) return lost('reset');
    if (happens(rates.busy)) {
      const afterMs = random() < 0.5 ? undefined : Math.floor(random() * 3_000);
      return { kind: 'busy', status: 429, failure: 'slow down', afterMs, maybeApplied: false };
    }
    if (happens(rates.denied)) return refused(401, 'attempt');
    if (happens(rates.refused)) return refused(403);
    if (batch.bytes > (most?.bytes ?? Number.POSITIVE_INFINITY)) return refused(413, 'bytes');
    if (batch.keys.length > (most?.items ?? Number.POSITIVE_INFINITY)) return refused(422, 'items');
    if (batch.keys.some((key) => refusing?.has(key))) return refused(422, 'items');
    if (batch.keys.some((key) => crashing?.has(key))) return lost('status 500');
    const outputs = run(batch);
    if (happens(rates.lostAfter)) return lost('reset');
    if (happens(rates.overload)) return lost('too late', true);
    if (happens(rates.busyAfter)) {
      return { kind: 'busy', status: 503, failure: 'down', afterMs: 100, maybeApplied: true };
    }
    return { kind: 'answered', status: 200, outputs };
  };

  return {
    effects,
    requests,
    send(batch, { signal }) {
      requests.push(batch);
      onRequest?.(batch);
      return new Promise((resolve) => {
        const reply = replyTo(batch);
        const answer = (): void => {
          onReply?.(batch);
          resolve(reply);
        };
        const cancel = clock.after(roundTripMs * (0.5 + random()), answer);
        signal.addEventListener('abort', () => {
          cancel();
          answer();
        });
      });
    },
  };
}
