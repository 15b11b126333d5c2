/** What the screenshots show: the same at each time, without a client, a clock or a server. */
import type { LaneData, SnapshotData } from '../../src/inspector/page-data.ts';
import type { ItemOutcome } from '../../src/inspector/recording.ts';
import { Recording } from '../../src/inspector/recording.ts';

/** 2026-09-01T08:00:00Z. */
const START = 1_788_249_600_000;
const SECONDS = 118;

interface Counts {
  succeeded: number;
  refused: number;
  requests: number;
  items: number;
  requeued: number;
  retried: number;
}

/** One request after the other, of an agent whose spans fail now and then. */
export function scene(): SnapshotData {
  const recording = new Recording();
  const counts = { succeeded: 0, refused: 0, requests: 0, items: 0, requeued: 0, retried: 0 };
  let back: string[] = [];
  for (let second = 0; second < SECONDS; second++) {
    const wave = Math.max(
      1,
      3 + Math.round(1.6 * Math.sin(second / 6) + 1.2 * Math.sin(second / 2.3)),
    );
    for (let request = 0; request < wave; request++) {
      const at = START + second * 1_000 + request * 120;
      back = oneRequest(recording, counts, back, at);
    }
    const queued = Math.max(
      0,
      Math.round(90 + 80 * Math.sin(second / 6) + 40 * Math.sin(second / 1.7)),
    );
    recording.sample({ at: START + second * 1_000, queued, inFlight: wave * 22 });
  }
  const keys = [...back, ...Array.from({ length: 54 }, (_, place) => `open-${place}`)];
  leave(recording, counts, keys, START + SECONDS * 1_000, 'requeue');
  const pending = keys.length;
  const { succeeded, refused } = counts;
  const parts = { succeeded, refused, notAttempted: 0, inDoubt: 0, cancelled: 2, pending };
  const accepted = Object.values(parts).reduce((sum, count) => sum + count, 0);
  return {
    title: 'shop-assistant',
    view: 'client',
    recording: 'scene',
    since: START,
    figures: {
      books: {
        total: ['accepted', accepted],
        parts: Object.entries(parts),
        apart: [['declined', 1]],
      },
      gauges: { queued: 12, blocked: 8, inFlight: pending, concurrency: 9, oldestMs: 41 },
      counters: {
        ...{ requests: counts.requests, items: counts.items, requeued: counts.requeued },
        ...{ retried: counts.retried, bisected: 0, pausedMs: 1_004 },
        meanBatchSize: counts.items / counts.requests,
      },
      health: { state: 'answering', since: START + 61_000, cause: 'status 503' },
    },
    ...recording.all(),
  };
}

function leave(
  recording: Recording,
  counts: Counts,
  keys: readonly string[],
  at: number,
  reason: LaneData['reason'],
): void {
  counts.requests++;
  counts.items += keys.length;
  const [items, bytes] = [keys.length, keys.length * 310];
  recording.leave({ number: counts.requests, reason, items, bytes, at }, () => keys);
}

/** Returns the keys of what goes again. */
function oneRequest(
  recording: Recording,
  counts: Counts,
  back: readonly string[],
  at: number,
): string[] {
  const number = counts.requests + 1;
  const size = Math.min(100, 18 + ((number * 37) % 83));
  const fresh = Math.max(6, size - back.length);
  const keys = [...back, ...Array.from({ length: fresh }, (_, place) => `span-${number}-${place}`)];
  leave(
    recording,
    counts,
    keys,
    at,
    back.length > 0 ? 'requeue' : number % 3 === 0 ? 'aged' : 'full',
  );
  const ms = 38 + ((number * 29) % 31) + (number % 19 === 0 ? 90 : 0);
  if (number % 23 === 6) {
    counts.retried += keys.length;
    const outcomes = keys.map((): ItemOutcome => 'again');
    recording.answer(number, { ms, status: 503, cause: 'status 503', outcomes }, at + ms);
    return keys;
  }
  const failing = number % 4 === 3 ? (number * 13) % keys.length : keys.length;
  const outcomes = keys.map(
    (_, place): ItemOutcome =>
      place < failing ? 'succeeded' : place === failing ? 'failed' : 'skipped',
  );
  recording.answer(number, { ms, status: 200, cause: undefined, outcomes }, at + ms);
  counts.succeeded += failing;
  if (failing === keys.length) return [];
  return fail(recording, counts, keys.slice(failing), { number, at: at + ms });
}

function fail(
  recording: Recording,
  counts: Counts,
  [failed = '', ...rest]: readonly string[],
  { number, at }: { readonly number: number; readonly at: number },
): string[] {
  const [field, problem] =
    number % 2 === 0 ? ['schema_name', 'is not declared'] : ['payload.total', 'must be a number'];
  const error = {
    name: 'PrefactorValidationError',
    message: `The API found "${failed}" invalid (validation_errors: "${field} ${problem}"). Correct it as errors says, and call again.`,
    facts: { code: 'VALIDATION_FAILED', apiCode: 'validation_errors', maybeApplied: 'false' },
  };
  recording.fail({ at, key: failed, type: 'agent_spans/create', words: [error] });
  counts.refused++;
  const dropped = rest.slice(0, number % 4);
  for (const key of dropped) {
    counts.refused++;
    const consequence = {
      name: 'PrefactorDependencyError',
      message: `"${key}" was not sent: what it needs could not be made (see cause). Make it first, then call again.`,
      facts: { code: 'DEPENDENCY_FAILED' },
    };
    recording.fail({
      at,
      key,
      type: 'agent_spans/finish',
      words: [consequence, error],
      becauseOf: failed,
    });
  }
  counts.requeued += rest.length;
  return rest.slice(dropped.length);
}
