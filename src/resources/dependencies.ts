import type { Name } from '../coalescer/index.ts';
import type { Action, WireAction } from '../schemas/action.ts';
import type { SubmitOptions } from '../schemas/call-options.ts';
import { isObject } from '../schemas/check.ts';
import { isTerminal } from '../schemas/status.ts';
import { InvalidCall } from './invalid-call.ts';
import type { Naming } from './naming.ts';
import type { References } from './references.ts';
import { Unfinished } from './unfinished.ts';

/** What an action makes, changes and uses, and what that means for its place (design.md 4). */
export interface Relations {
  readonly makes?: Name;
  readonly changes?: Name;
  readonly uses?: readonly Name[];
  readonly precedes?: string;
  readonly follows?: string;
  readonly overBound?: boolean;
  /** What the answer says again of an earlier call, in UTF-8 bytes. */
  readonly echoBytes?: number;
  /** The instance that the action is about. */
  readonly instance?: Name;
}

/** Stands for all spans that this client never saw: their instances are unknown to it. */
const ANY_SPAN = '*';

export class Dependencies {
  readonly #unfinished: Unfinished;

  constructor(references: References) {
    this.#unfinished = new Unfinished((number) => references.unnamed(number));
  }

  /**
   * Reads the references of an action that is ours, and says what it does to them. `run` is what its
   * caller named as the run of a span, in case that nobody here knows it.
   */
  of(action: WireAction, naming: Naming, run?: unknown): Relations {
    switch (action._type) {
      case 'agent_instances/register': {
        const instance = naming.made(action);
        return { makes: instance, instance };
      }
      case 'agent_instances/start':
      case 'agent_instances/record_quality': {
        const instance = naming.take(action, 'agent_instance_id', 'agent_instance_id');
        return { changes: instance, instance };
      }
      case 'agent_instances/finish': {
        const instance = naming.take(action, 'agent_instance_id', 'agent_instance_id');
        const overBound = this.#unfinished.hasMade(instance);
        return { changes: instance, follows: ANY_SPAN, overBound, instance };
      }
      case 'agent_spans/create': {
        const details = detailsOf(action);
        const instance = naming.take(details, 'agent_instance_id', 'details.agent_instance_id');
        const isRoot = details['parent_span_id'] == null;
        const uses = isRoot
          ? [instance]
          : [instance, naming.take(details, 'parent_span_id', 'details.parent_span_id')];
        return { makes: naming.made(details), uses, instance };
      }
      case 'agent_spans/finish': {
        const span = naming.take(action, 'agent_span_id', 'agent_span_id');
        const instance = this.#unfinished.instanceOf(span);
        if (instance !== undefined) {
          const echoBytes = this.#unfinished.bytesOf(span);
          return { changes: span, uses: [instance], overBound: true, echoBytes, instance };
        }
        if (run === undefined) return { changes: span, precedes: ANY_SPAN };
        const named = naming.nameOf(run, 'agentInstanceId');
        return { changes: span, uses: [named], instance: named };
      }
      default:
        return {};
    }
  }

  /** Notes what an action that is on its way, in a text of so many bytes, opens and closes. */
  note(action: WireAction, { makes, changes, instance }: Relations, bytes: number): void {
    if (action._type === 'agent_spans/create') {
      if (makes === undefined || instance === undefined) return;
      if (isTerminal(detailsOf(action)['status'])) return;
      this.#unfinished.addSpan(makes, instance, bytes);
    } else if (action._type === 'agent_instances/register') {
      if (makes !== undefined) this.#unfinished.addInstance(makes);
    } else if (action._type === 'agent_spans/finish') {
      if (changes !== undefined) this.#unfinished.endSpan(changes);
    } else if (action._type === 'agent_instances/finish') {
      if (changes !== undefined) this.#unfinished.endInstance(changes);
    }
  }

  /** What was made goes by this id from now on. */
  learn(name: Name, id: string): void {
    this.#unfinished.rename(name, id);
  }
}

/** The references in an action of a known type, as the caller gave them: whatever it needs. */
export function needsOf(action: WireAction): readonly unknown[] {
  switch (action._type) {
    case 'agent_instances/start':
    case 'agent_instances/record_quality':
    case 'agent_instances/finish':
      return [action['agent_instance_id']];
    case 'agent_spans/create': {
      const details = detailsOf(action);
      return [details['agent_instance_id'], details['parent_span_id']];
    }
    case 'agent_spans/finish':
      return [action['agent_span_id']];
    default:
      return [];
  }
}

/** The id that an action of a known type gives to what it makes, as the caller gave it. */
export function idMadeBy({ _type, id, details }: Action): unknown {
  switch (_type) {
    case 'agent_instances/register':
      return id;
    case 'agent_spans/create':
      return isObject(details) ? details['id'] : undefined;
    default:
      return undefined;
  }
}

/** Adds what the caller named to what is known of the type. */
export function withNamed(
  known: Relations,
  { uses, changes, makes }: SubmitOptions,
  nameOf: (name: unknown, path: string) => Name,
): Relations {
  // Most have a signal only.
  if ((uses ?? changes ?? makes) === undefined) return known;
  const doubled = [
    ...(changes !== undefined && known.changes !== undefined ? ['options.changes'] : []),
    ...(makes !== undefined && known.makes !== undefined ? ['options.makes'] : []),
  ];
  if (doubled.length > 0) {
    const message = 'is known of actions of this type already; leave it out';
    throw new InvalidCall(doubled.map((path) => ({ path, message })));
  }
  const used = (uses ?? []).map((name, place) => nameOf(name, `options.uses.${place}`));
  return {
    ...known,
    uses: [...(known.uses ?? []), ...used],
    ...(changes !== undefined && { changes: nameOf(changes, 'options.changes') }),
    ...(makes !== undefined && { makes }),
  };
}

/** Where the fields of a span stand. */
export function detailsOf(action: WireAction): Record<string, unknown> {
  return action['details'] as Record<string, unknown>;
}
