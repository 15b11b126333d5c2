/**
 * What the API has, and what each action does to it: written from docs/internals/api.md alone, and
 * sharing nothing with the emulator. Answers with the codes of its list and no others.
 */
import type { Fields, Item } from './items.ts';
import { isFields, own } from './items.ts';

/** An entry of `outputs` (docs/internals/api.md, "Outputs"). */
export type Output = Fields;

interface Thing {
  readonly id: string;
  readonly kind: 'run' | 'span' | 'agent';
  readonly runId: string | undefined;
  readonly isOver: boolean;
  /** As answers show it. */
  readonly details: Fields;
}

export interface StateWays {
  /** Whether the server gives the thing another id than the one that was asked for. */
  readonly givesOwnId: (marker: string) => boolean;
  /** Whether somebody has ended the run (docs/internals/api.md, "Control"). */
  readonly isTerminated: (runId: string) => boolean;
}

export class State {
  readonly #things = new Map<string, Thing>();
  readonly #ways: StateWays;
  #ids = 0;

  constructor(ways: StateWays) {
    this.#ways = ways;
  }

  has(id: string): boolean {
    return this.#things.has(id);
  }

  /** Does what the item asks, in its own transaction: all of it, or nothing. */
  run(item: Item): Output {
    const { fields, type } = item;
    switch (type) {
      case 'agent_instances/register':
        return this.#register(item);
      case 'agent_instances/start':
        return this.#change(item, fields['agent_instance_id'], 'run', (run) =>
          own(run.details, 'status') === 'pending'
            ? { details: { status: 'active', started_at: fields['timestamp'] ?? null } }
            : problem(item, 'invalid_action', 'it has been started'),
        );
      case 'agent_instances/finish':
        return this.#change(item, fields['agent_instance_id'], 'run', () => ({
          isOver: true,
          details: {
            status: fields['status'] ?? 'complete',
            finished_at: fields['timestamp'] ?? null,
          },
        }));
      case 'agent_instances/record_quality':
        return this.#change(item, fields['agent_instance_id'], 'run', (run) => ({
          details: {
            quality_payloads: {
              ...Object(own(run.details, 'quality_payloads')),
              [String(fields['name'])]: fields['payload'],
            },
          },
        }));
      case 'agent_spans/create':
        return this.#createSpan(item);
      case 'agent_spans/finish':
        return this.#change(item, fields['agent_span_id'], 'span', () => ({
          isOver: true,
          details: {
            status: fields['status'] ?? 'complete',
            result_payload: fields['result_payload'] ?? null,
            finished_at: fields['timestamp'] ?? null,
          },
        }));
      case 'agents/create':
        return this.#createAgent(item);
      case 'agents/update':
        return this.#change(item, fields['agent_id'], 'agent', () => ({
          details: Object(fields['details']),
        }));
      case 'agents/show':
        return this.#change(item, fields['agent_id'], 'agent', () => ({
          details: { marker: fields['marker'] },
        }));
      case 'agents/list':
        return { status: 'success', summaries: [{ marker: fields['marker'] }] };
      default:
        return problem(item, 'not_implemented', `there is no ${type}`);
    }
  }

  #register(item: Item): Output {
    const { fields } = item;
    if (!isFields(fields['agent_version'])) return invalid(item, 'agent_version', 'is required');
    const id = this.#idFor(item, fields['id']);
    if (id === undefined) return invalid(item, 'id', 'has already been taken');
    return this.#add({
      id,
      kind: 'run',
      runId: id,
      isOver: false,
      details: {
        type: 'agent_instance',
        id,
        agent_version_id: `version-${item.marker}`,
        status: 'pending',
        purpose: fields['purpose'] ?? 'live',
        started_at: null,
        finished_at: null,
        quality_payloads: {},
      },
    });
  }

  #createSpan(item: Item): Output {
    const details = item.fields['details'];
    if (!isFields(details)) return invalid(item, 'details', 'is required');
    const runId = details['agent_instance_id'];
    const run = typeof runId === 'string' ? this.#things.get(runId) : undefined;
    if (run?.kind !== 'run') return invalid(item, 'agent_instance_id', 'does not exist');
    const parentId = details['parent_span_id'] ?? undefined;
    if (parentId !== undefined && this.#things.get(String(parentId))?.kind !== 'span') {
      return problem(item, 'not_found', 'its parent does not exist');
    }
    const id = this.#idFor(item, details['id']);
    if (id === undefined) return invalid(item, 'id', 'has already been taken');
    return this.#add({
      id,
      kind: 'span',
      runId: run.id,
      isOver: details['status'] !== 'active',
      details: {
        type: 'agent_span',
        id,
        agent_instance_id: run.id,
        parent_span_id: parentId ?? null,
        schema_name: details['schema_name'],
        status: details['status'],
        payload: details['payload'] ?? {},
        result_payload: details['result_payload'] ?? null,
        started_at: details['started_at'] ?? null,
        finished_at: details['finished_at'] ?? null,
      },
    });
  }

  #createAgent(item: Item): Output {
    const details = item.fields['details'];
    if (!isFields(details)) return invalid(item, 'details', 'is required');
    const id = this.#idFor(item, details['id']);
    if (id === undefined) return invalid(item, 'id', 'has already been taken');
    return this.#add({
      id,
      kind: 'agent',
      runId: undefined,
      isOver: false,
      details: { type: 'agent', ...details, id },
    });
  }

  #change(
    item: Item,
    id: unknown,
    kind: Thing['kind'],
    change: (thing: Thing) => { readonly details: Fields; readonly isOver?: boolean } | Output,
  ): Output {
    const thing = typeof id === 'string' ? this.#things.get(id) : undefined;
    if (thing?.kind !== kind) return problem(item, 'not_found', `there is no such ${kind}`);
    if (thing.isOver) return problem(item, 'invalid_action', 'it is over');
    const changed = change(thing);
    if (own(changed, 'status') === 'error') return changed as Output;
    return this.#add({
      ...thing,
      isOver: own(changed, 'isOver') === true,
      details: { ...thing.details, ...Object(own(changed, 'details')) },
    });
  }

  #add(thing: Thing): Output {
    this.#things.set(thing.id, thing);
    const { details, runId } = thing;
    const isEnded = runId !== undefined && this.#ways.isTerminated(runId);
    return {
      status: 'success',
      details,
      ...(isEnded && { control: { terminate: true, reason: 'enough' } }),
    };
  }

  /** The id that was asked for, or one of our own; undefined where it is taken. */
  #idFor(item: Item, asked: unknown): string | undefined {
    if (typeof asked === 'string' && !this.#ways.givesOwnId(item.marker)) {
      return this.#things.has(asked) ? undefined : asked;
    }
    return idOf(++this.#ids);
  }
}

/** An id that looks as the API's do (docs/internals/api.md, "Ids"). */
export function idOf(number: number): string {
  return `01k4ser0er00part${String(number).padStart(16, '0')}`;
}

export function problem(item: Item, code: string, words: string): Output {
  return { status: 'error', code, message: `item ${item.marker}: ${words}` };
}

function invalid(item: Item, field: string, words: string): Output {
  return {
    status: 'error',
    code: 'validation_errors',
    message: `item ${item.marker}: invalid`,
    errors: { [field]: [words] },
  };
}
