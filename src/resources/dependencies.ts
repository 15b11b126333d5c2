import type { Name } from '../coalescer/index.ts';
import type { WireKind } from '../schemas/action.ts';
import { isTerminal } from '../schemas/action.ts';
import type { SubmitOptions } from '../schemas/call-options.ts';
import type { Draft } from './draft.ts';
import { InvalidCall } from './invalid-call.ts';
import type { References } from './references.ts';
import { Unfinished } from './unfinished.ts';

/** What an action makes, changes and uses, and what that means for its place (design.md 4). */
export interface Relations {
  readonly makes?: Name | undefined;
  readonly changes?: Name | undefined;
  readonly uses?: readonly Name[];
  readonly precedes?: string;
  readonly follows?: string;
  readonly overBound?: boolean;
  /** What the answer says again of an earlier call, in UTF-8 bytes. */
  readonly echoBytes?: number;
  /** The instance that the action is about. */
  readonly instance?: Name | undefined;
}

/** Stands for all spans that this client never saw: their instances are unknown to it. */
const ANY_SPAN = '*';

export class Dependencies {
  readonly #unfinished: Unfinished;

  constructor(references: References) {
    this.#unfinished = new Unfinished((number) => references.unnamed(number));
  }

  /**
   * What an action of that kind does to what it names, and to what it makes. `run` is what its caller
   * named as the run of a span, in case that nobody here knows it.
   */
  of(
    { makes, changes, ends }: WireKind<unknown>,
    names: readonly Name[],
    made: Name | undefined,
    run: Name | undefined,
  ): Relations {
    const [first] = names;
    if (makes === 'span') return { makes: made, uses: names, instance: first };
    if (makes === 'run') return { makes: made, instance: made };
    if (changes === 'run' && ends === true) {
      const overBound = first !== undefined && this.#unfinished.hasMade(first);
      return { changes: first, follows: ANY_SPAN, overBound, instance: first };
    }
    if (changes === 'run') return { changes: first, instance: first };
    return first === undefined ? {} : this.#ofFinish(first, run);
  }

  #ofFinish(span: Name, run: Name | undefined): Relations {
    const instance = this.#unfinished.instanceOf(span);
    if (instance !== undefined) {
      const echoBytes = this.#unfinished.bytesOf(span);
      return { changes: span, uses: [instance], overBound: true, echoBytes, instance };
    }
    if (run === undefined) return { changes: span, precedes: ANY_SPAN };
    return { changes: span, uses: [run], instance: run };
  }

  /** Notes what an action that is on its way, in a text of so many bytes, opens and closes. */
  note({ kind, fields }: Draft, { makes, changes, instance }: Relations, bytes: number): void {
    if (kind.makes === 'span') {
      if (makes === undefined || instance === undefined) return;
      if (isTerminal(fields['status'])) return;
      this.#unfinished.addSpan(makes, instance, bytes);
    } else if (kind.makes === 'run') {
      if (makes !== undefined) this.#unfinished.addInstance(makes);
    } else if (kind.ends === true && changes !== undefined) {
      if (kind.changes === 'span') this.#unfinished.endSpan(changes);
      else this.#unfinished.endInstance(changes);
    }
  }

  /** What was made goes by this id from now on. */
  learn(name: Name, id: string): void {
    this.#unfinished.rename(name, id);
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
