import { LruMap } from '../lib/lru-map.ts';
import { TextHasher } from '../lib/text-hash.ts';
import type { CallDraft, KeyRecord } from './call-draft.ts';
import { pathInCall } from './invalid-call.ts';
import { serialise } from './json-writer.ts';
import { withReferences } from './references.ts';

/**
 * The keys that callers gave themselves. Calls that repeat one must ask for the same to the letter, also for
 * what they did not say themselves: a server that knows the key may compare (docs/internals/api.md, "Idempotency
 * keys", *unknown*).
 */
export class KeyRecords {
  // A key that is forgotten looks like a new one, so it stays while a call with it is pending.
  readonly #records = new LruMap<string, KeyRecord>({
    max: 10_000,
    onEvict: (_, { pending }) => pending !== undefined,
  });
  /** Made for the first key: it has buffers. */
  #hasher: TextHasher | undefined;

  /** What the first call with the key has left behind; without one, this is the first, made `now`. */
  of(key: string, now: string): KeyRecord {
    const before = this.#records.get(key);
    if (before !== undefined) return before;
    const first = { now, id: undefined, sentIds: {}, fingerprint: undefined, pending: undefined };
    this.#records.add(key, first);
    return first;
  }

  /**
   * Two calls with one key ask for the same if they say the same to the letter, once both have what the first
   * one filled in by itself: its time, and an id. `requested` is what this one has in the places of references.
   */
  compare(draft: CallDraft, record: KeyRecord, requested: readonly unknown[]): void {
    const { kind, action, fields } = draft;
    if (draft.needsId) {
      if (record.id === undefined) record.id = draft.newId ?? null;
      else draft.newId = undefined;
      fields['id'] = record.id ?? undefined;
    }
    const isAsRequested = kind.references.every(({ name }, at) => requested[at] === fields[name]);
    const asRequested = isAsRequested ? action : withReferences(kind, action, requested);
    const text = serialise(asRequested, draft.hasWireNames ? undefined : pathInCall);
    // A getter or toJSON may have made the same call while this one was written, and came first.
    if (record.fingerprint !== undefined) draft.newId = undefined;
    this.#hasher ??= new TextHasher();
    draft.fingerprint = this.#hasher.hash128(text);
    record.fingerprint ??= draft.fingerprint;
    draft.sentIds = record.fingerprint === draft.fingerprint ? record.sentIds : undefined;
    draft.text = isAsRequested ? text : undefined;
  }
}
