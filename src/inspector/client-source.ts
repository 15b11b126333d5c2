import type { AutobatchClient, AutobatchEvents, SentOutcome, Stats } from '../index.ts';
import { fieldOf, wordsOf } from './error-words.ts';
import type { FiguresData } from './page-data.ts';
import type { ItemOutcome, Recording } from './recording.ts';
import type { Source } from './source.ts';

type Inspected = Pick<AutobatchClient, 'on' | 'stats'>;

/** A client, by its public events and its `stats()`. */
export function clientSource(client: Inspected, now: () => number): Source {
  return {
    view: 'client',
    figures: () => figuresOf(client.stats()),
    watch(recording) {
      const stop = [
        ...watchRequests(client, recording, now),
        watchFailures(client, recording, now),
      ];
      return () => {
        for (const one of stop) one();
      };
    },
  };
}

function watchRequests(client: Inspected, recording: Recording, now: () => number) {
  // An item that was skipped is told of just before the response of its request.
  const skipped = new Set<string>();
  /** Of requests in flight. */
  const keysOf = new Map<number, () => readonly string[]>();
  return [
    client.on('dispatch', ({ number, reason, items, bytes, keys }) => {
      keysOf.set(number, keys);
      recording.leave({ number, reason, items, bytes, at: now() }, keys);
    }),
    client.on('requeue', ({ key }) => skipped.add(key)),
    client.on('response', ({ number, status, durationMs, cause, failed, returned, outcomes }) => {
      const keys = keysOf.get(number);
      keysOf.delete(number);
      // Where all has gone well, nothing is listed: the client is not to pay for each item.
      const list = failed + returned === 0 ? undefined : named(outcomes(), keys?.(), skipped);
      skipped.clear();
      recording.answer(number, { ms: durationMs, status, cause, outcomes: list }, now());
    }),
    // Requests that were given up, as a client that closes gives them up, get no response.
    client.on('idle', () => {
      keysOf.clear();
      recording.giveUpAll(now(), 'given up: the client was closed');
    }),
  ];
}

function named(
  outcomes: readonly SentOutcome[],
  keys: readonly string[] = [],
  skipped: ReadonlySet<string>,
): ItemOutcome[] {
  return outcomes.map((outcome, place) => {
    if (outcome !== 'returned') return outcome;
    return skipped.has(keys[place] ?? '') ? 'skipped' : 'again';
  });
}

function watchFailures(client: Inspected, recording: Recording, now: () => number) {
  return client.on('failure', ({ error, key, type }: AutobatchEvents['failure']) => {
    const cause = fieldOf(error, 'cause');
    const causeKey = fieldOf(cause, 'idempotencyKey');
    const isDropped = fieldOf(error, 'code') === 'DEPENDENCY_FAILED';
    recording.fail({
      at: now(),
      key,
      type,
      words: wordsOf(error),
      becauseOf: isDropped ? (typeof causeKey === 'string' ? causeKey : '') : undefined,
    });
  });
}

function figuresOf({ ledger, server, ...rest }: Stats): FiguresData {
  const { accepted, declined, ...parts } = ledger;
  const { queued, blocked, inFlight, queuedBytes, concurrency, oldestMs, ...counters } = rest;
  return {
    books: {
      total: ['accepted', accepted],
      parts: Object.entries(parts),
      apart: [['declined', declined]],
    },
    gauges: { queued, blocked, inFlight, queuedBytes, concurrency, oldestMs },
    counters,
    health: {
      state: server.state,
      since: server.since?.getTime() ?? null,
      cause: server.cause ?? null,
    },
  };
}
