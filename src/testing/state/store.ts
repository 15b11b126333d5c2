// What the emulated server knows: instances with their spans, and what a key stood for.

import type { Pace } from '../lib/clock.ts';
import { Random } from '../lib/random.ts';
import type { Rules } from '../options/emulator-options.ts';
import type { EmulatedItem, Fields, Output } from '../wire/items.ts';
import { makePfid, partitionText, randomPartition } from '../wire/pfid.ts';

// docs/internals/api.md, "Status". For a span the sources disagree on `terminated`: the emulator never gives one that
// status. `pending` on create is in Python only, and accepted.
export const CREATE_STATUSES = ['pending', 'active', 'complete', 'failed', 'cancelled'] as const;
export const FINISH_STATUSES = ['complete', 'failed', 'cancelled'] as const;

export type SpanStatus = (typeof CREATE_STATUSES)[number];
type FinishStatus = (typeof FINISH_STATUSES)[number];
export type InstanceStatus = 'pending' | 'active' | FinishStatus | 'terminated';

export interface Span {
  readonly id: string;
  readonly instance: Instance;
  readonly schemaName: string;
  readonly parentId: string | null;
  readonly payload: Fields;
  readonly startedAt: string;
  readonly insertedAt: string;
  status: SpanStatus;
  result: Fields | null;
  finishedAt: string | null;
  sensitive: boolean;
  bytes: number;
  updatedAt: string;
}

export interface Instance {
  readonly id: string;
  /** The caller's own name for it. */
  readonly externalIdentifier: string | null;
  readonly agentId: string;
  readonly environmentId: string;
  readonly versionId: string;
  readonly schemas: Schemas;
  readonly purpose: string;
  readonly insertedAt: string;
  readonly spans: Span[];
  readonly counts: Record<SpanStatus, number>;
  readonly quality: Map<string, Fields>;
  status: InstanceStatus;
  startedAt: string | null;
  finishedAt: string | null;
  terminationReason: string | null;
  updatedAt: string;
}

/** A schema version: of its schemas only what shows in answers, by the name of the span type. */
export interface Schemas {
  readonly id: string;
  readonly externalIdentifier: string | null;
  readonly types: ReadonlyMap<string, { readonly title?: string; readonly template?: string }>;
}

/** An agent or an environment that was created here. */
export interface Named {
  readonly id: string;
  readonly insertedAt: string;
  fields: Fields;
}

export interface KeyRecord {
  /** What first came under the key; whatever comes later must be alike. */
  readonly item: EmulatedItem;
  /** The stored answer: of a success, and of an error if the rules say so. */
  stored: { readonly output: Output; readonly id: string | null } | undefined;
  /** How many requests carried the key. */
  attempts: number;
  /** How often its action took effect. */
  effects: number;
  /** How many requests in flight carry it. */
  inFlight: number;
}

/** All state of one emulator, and the making of ids. */
export class World {
  readonly rules: Rules;
  readonly instances: Map<string, Instance> = new Map();
  readonly spans: Map<string, Span> = new Map();
  readonly agents: Map<string, Named> = new Map();
  readonly environments: Map<string, Named> = new Map();
  /** One space for bulk and single endpoints; whether the API has one is **unknown**. */
  readonly keys: Map<string, KeyRecord> = new Map();
  readonly accountId: string;
  readonly defaultAgentId: string;
  readonly defaultEnvironmentId: string;
  readonly deploymentId: string;
  readonly #pace: Pace;
  readonly #partition: string;
  readonly #versions: Map<string, string> = new Map();
  readonly #runNames = new Set<string>();
  #unnamed = 0;
  // The last timestamp, since the items of a batch mostly share one.
  #timestampOf = Number.NaN;
  #timestamp = '';

  constructor({ rules, pace }: { readonly rules: Rules; readonly pace: Pace }) {
    this.rules = rules;
    this.#pace = pace;
    this.#partition = randomPartition(new Random(rules.seed));
    this.accountId = this.#fixedId('account');
    this.defaultAgentId = this.#fixedId('agent');
    this.defaultEnvironmentId = this.#fixedId('environment');
    this.deploymentId = this.#fixedId('deployment');
  }

  /** The time as the API writes it. */
  timestamp(): string {
    const now = this.#pace.now();
    if (now !== this.#timestampOf) {
      this.#timestampOf = now;
      this.#timestamp = new Date(now).toISOString();
    }
    return this.#timestamp;
  }

  /**
   * A new id. Its random part follows from the seed and from `name` (the idempotency key), not from
   * the order of the work: so two emulators that get the same calls in other batches, at the same
   * time, make the same ids. `near` gives the partition.
   */
  newId(name: string | null, near?: string): string {
    const partition = near === undefined ? this.#partition : partitionText(near);
    return makePfid(
      this.#pace.now(),
      partition,
      Random.of(name ?? `unnamed ${this.#unnamed++}`, this.rules.seed),
    );
  }

  /** Versions and schema versions are made on demand when first seen (docs/internals/api.md, "Registering a run"). */
  versionId(kind: string, agentId: string, externalIdentifier: string | null): string {
    const name = JSON.stringify([kind, agentId, externalIdentifier]);
    const known = this.#versions.get(name);
    if (known !== undefined) return known;
    const id = this.newId(name);
    this.#versions.set(name, id);
    return id;
  }

  isTaken(id: string): boolean {
    return this.spans.has(id) || this.instances.has(id);
  }

  /** Takes a caller's own name for a run, if no other run of the agent has it. */
  takeName(agentId: string, externalIdentifier: string): boolean {
    const name = JSON.stringify([agentId, externalIdentifier]);
    const isFree = !this.#runNames.has(name);
    this.#runNames.add(name);
    return isFree;
  }

  addSpan(span: Span): void {
    this.spans.set(span.id, span);
    span.instance.spans.push(span);
    span.instance.counts[span.status] += 1;
  }

  setSpanStatus(span: Span, status: SpanStatus): void {
    span.instance.counts[span.status] -= 1;
    span.instance.counts[status] += 1;
    span.status = status;
  }

  /**
   * Ends a run from outside (docs/internals/api.md, "Control"): it becomes `terminated` and its open spans are closed.
   * Which status those get is **unknown**; `cancelled` is the only terminal one that claims no result.
   */
  terminate(instance: Instance, reason: string, at: string, closeSpans: boolean): void {
    instance.status = 'terminated';
    instance.terminationReason = reason;
    instance.finishedAt = at;
    instance.updatedAt = at;
    if (!closeSpans) return;
    for (const span of instance.spans) {
      if (isTerminal(span.status)) continue;
      this.setSpanStatus(span, 'cancelled');
      span.finishedAt = at;
      span.updatedAt = at;
    }
  }

  #fixedId(name: string): string {
    return makePfid(0, this.#partition, Random.of(name, this.rules.seed));
  }
}

export function isTerminal(status: InstanceStatus | SpanStatus): boolean {
  return status !== 'pending' && status !== 'active';
}
