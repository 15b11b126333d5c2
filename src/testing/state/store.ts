// What the emulated server remembers, how answers show it, and the making of ids.

import type { EmulatorClock } from '../lib/emulator-clock.ts';
import { Random } from '../lib/random.ts';
import type { ResolvedOptions } from '../options/emulator-options.ts';
import type { ActionResult } from '../wire/action-results.ts';
import type { EmulatedItem, Fields } from '../wire/items.ts';
import { makePfid, partitionText, randomPartition } from '../wire/pfid.ts';

export interface Span {
  readonly instance: Instance;
  /** As answers show it. Fields that are not named here never change. */
  readonly details: {
    readonly [name: string]: unknown;
    readonly id: string;
    readonly started_at: string;
    // On `terminated` the sources disagree (docs/internals/api.md, "Status"): no span is ever given it here.
    status: 'pending' | 'active' | 'complete' | 'failed' | 'cancelled';
    result_payload: Fields | null;
    finished_at: string | null;
    sensitive_encoding: boolean;
    payload_byte_size_estimate: number;
    updated_at: string;
  };
}

export interface Instance {
  readonly schemas: StoredSchemas;
  readonly spans: Span[];
  readonly quality: Map<string, { readonly payload: Fields; readonly summary: string | null }>;
  /** As answers show it, without what follows from the fields above. */
  readonly details: {
    readonly [name: string]: unknown;
    readonly id: string;
    readonly agent_id: string;
    status: Span['details']['status'] | 'terminated';
    started_at: string | null;
    finished_at: string | null;
    termination_reason: string | null;
    updated_at: string;
  };
}

/** By the names of span types and of qualities. */
export interface StoredSchemas {
  readonly span_type_schemas: ReadonlyMap<string, StoredSchema>;
  readonly quality_schemas: ReadonlyMap<string, StoredSchema>;
}

/** The parts of a schema that show in answers. */
export interface StoredSchema {
  readonly title: string | undefined;
  readonly template: string | undefined;
}

export interface StoredKey {
  /** The first item with the key. Later ones must be the same. */
  readonly item: EmulatedItem;
  /** The answer for repeats, once there is one: a success, or with `storeErrors` an error. */
  stored: ActionResult | undefined;
}

export function isTerminal(status: string): boolean {
  return status !== 'pending' && status !== 'active';
}

/** A new object, so that a stored answer does not change with the instance. Payloads are shared: they never change. */
export function instanceDetails({ details, spans, quality }: Instance): Fields {
  const counts = { pending: 0, active: 0, complete: 0, failed: 0, cancelled: 0 };
  for (const span of spans) counts[span.details.status] += 1;
  const finished = counts.complete + counts.failed + counts.cancelled;
  const payloads: [string, Fields][] = [];
  const summaries: [string, string][] = [];
  for (const [name, { payload, summary }] of quality) {
    payloads.push([name, payload]);
    if (summary !== null) summaries.push([name, summary]);
  }
  return {
    ...details,
    span_counts: { total: spans.length, ...counts, finished },
    quality_payloads: Object.fromEntries(payloads),
    quality_summaries: Object.fromEntries(summaries),
  };
}

export class Store {
  readonly options: ResolvedOptions;
  readonly instances: Map<string, Instance> = new Map();
  readonly spans: Map<string, Span> = new Map();
  /** Agents and environments, which have little more than a name. */
  readonly records: Readonly<Record<'agent' | 'environment', Map<string, Fields>>> = {
    agent: new Map(),
    environment: new Map(),
  };
  /** One space for bulk and single endpoints; whether the API has one is **unknown**. */
  readonly keys: Map<string, StoredKey> = new Map();
  readonly accountId: string;
  readonly defaultAgentId: string;
  readonly defaultEnvironmentId: string;
  readonly deploymentId: string;
  readonly #clock: EmulatorClock;
  readonly #partition: string;
  readonly #versions: Map<string, string> = new Map();
  readonly #runNames = new Set<string>();
  #unnamed = 0;

  constructor(options: ResolvedOptions, clock: EmulatorClock) {
    this.options = options;
    this.#clock = clock;
    this.#partition = randomPartition(new Random(options.seed));
    const fixedId = (name: string): string =>
      makePfid(0, this.#partition, Random.of(name, options.seed));
    this.accountId = fixedId('account');
    this.defaultAgentId = fixedId('agent');
    this.defaultEnvironmentId = fixedId('environment');
    this.deploymentId = fixedId('deployment');
  }

  timestamp(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  /**
   * A new id, in the partition of the id `near`. The random part follows from the seed and from `name` (the
   * idempotency key), not from the order of the work: so two emulators that get the same calls at the same time, in
   * other batches, make the same ids.
   */
  newId(name: string | null, near?: string): string {
    const partition = near === undefined ? this.#partition : partitionText(near);
    const random = Random.of(name ?? `unnamed ${this.#unnamed++}`, this.options.seed);
    return makePfid(this.#clock.now(), partition, random);
  }

  /** Versions and schema versions are made on demand when first seen (docs/internals/api.md, "Registering a run"). */
  versionId(kind: string, agentId: string, externalIdentifier: string | null): string {
    const name = JSON.stringify([kind, agentId, externalIdentifier]);
    const id = this.#versions.get(name) ?? this.newId(name);
    this.#versions.set(name, id);
    return id;
  }

  isTaken(id: string): boolean {
    return this.spans.has(id) || this.instances.has(id);
  }

  /** False if another run of the agent has the name. */
  takeName(agentId: string, externalIdentifier: string): boolean {
    const name = JSON.stringify([agentId, externalIdentifier]);
    const isFree = !this.#runNames.has(name);
    this.#runNames.add(name);
    return isFree;
  }

  /**
   * Ends a run from outside (docs/internals/api.md, "Control"). Which status its open spans get is **unknown**;
   * `cancelled` is the only terminal one that claims no result.
   */
  terminate({ details, spans }: Instance, reason: string, at: string, closeSpans: boolean): void {
    details.status = 'terminated';
    details.termination_reason = reason;
    details.finished_at = at;
    details.updated_at = at;
    for (const span of closeSpans ? spans : []) {
      if (isTerminal(span.details.status)) continue;
      span.details.status = 'cancelled';
      span.details.finished_at = at;
      span.details.updated_at = at;
    }
  }
}
