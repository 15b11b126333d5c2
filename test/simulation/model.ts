/**
 * What was called, as the contract sees it: stated anew, and from nothing
 * that the package itself has.
 */
import type { Fate } from './plan.ts';

/** What calls make, change and use: an instance, a span, or whatever goes by a name. */
export class Thing {
  readonly label: string;
  readonly kind: 'instance' | 'span' | 'name' | 'foreign span';
  /** As far as the agents know it. */
  id: string | undefined;
  /** Of a span: where it belongs. */
  readonly instance: Thing | undefined;
  /** All calls that were to make it, declined ones too. */
  readonly makers: Call[] = [];
  /**
   * Made by an accepted call as something to be finished later, which has not been called; undefined:
   * nobody can say, since it was created once more, or as the process went on.
   */
  isOpen: boolean | undefined = false;
  /** An answer gave it another id than the one that was sent: its two names are in no order. */
  isSplit = false;
  /** What was left out and has ended may be forgotten. */
  hasEnded = false;

  constructor(label: string, kind: Thing['kind'], id?: string, instance?: Thing) {
    this.label = label;
    this.kind = kind;
    this.id = id;
    this.instance = instance;
  }
}

/** What a call does to things. */
export interface Relations {
  readonly makes?: Thing | undefined;
  readonly changes?: Thing | undefined;
  readonly uses?: readonly Thing[] | undefined;
  /** What it uses as well if it still belongs there. */
  readonly mayUse?: Thing | undefined;
  /** The finish of a span that this client never saw: the finish of any instance waits for it. */
  readonly precedes?: boolean | undefined;
  readonly follows?: boolean | undefined;
}

export type Outcome =
  | { readonly kind: 'resolved'; readonly value: unknown; readonly at: number }
  | { readonly kind: 'rejected'; readonly error: unknown; readonly at: number };

export interface Call {
  /** Its number and what it does, for stories. */
  readonly label: string;
  readonly key: string;
  readonly type: string;
  readonly relations: Relations;
  readonly fate: Fate | undefined;
  readonly calledAt: number;
  /** Must be accepted over the bounds of the queue. */
  readonly isOverBound: boolean;
  /** What its result must say of itself. */
  readonly expected: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal | undefined;
  /** Whether the client took it in: undefined for a batch that the caller packed. */
  isAccepted: boolean | undefined;
  /** Made after `close`. */
  readonly isLate: boolean;
  /** Has the key of a pending call, and asks for something else. */
  readonly mustClash: boolean;
  /** Is invalid. */
  readonly mustDecline: boolean;
  /** `beforeEnqueue` left it out, or what it needs; undefined: what it needs was also made by others. */
  readonly isLeftOut: boolean | undefined;
  /** What it waits for; several calls with one key share it. */
  item: Item | undefined;
  outcome: Outcome | undefined;
}

/** What travels for one call or several. */
export interface Item {
  readonly key: string;
  readonly label: string;
  readonly calls: Call[];
  readonly relations: Relations;
  /** Earlier items that it must not overtake. */
  readonly after: readonly Item[];
  /** Its first effect on the server, in the order of all effects. */
  effectAt: number | undefined;
  /** While somebody waited for it, the server said that its key had been used before. */
  isUsed: boolean;
  /** While somebody waited for it, its output was neither a success nor an error. */
  isMalformed: boolean;
}

/** Whether the later of two items has to wait for the earlier. */
export function mustPrecede(earlier: Relations, later: Relations): boolean {
  if (earlier.precedes && later.follows) return true;
  return meet(changedBy(earlier), touchedBy(later)) || meet(touchedBy(earlier), changedBy(later));
}

function touchedBy({ makes, changes, uses = [] }: Relations): Thing[] {
  return [makes, changes, ...uses].filter((thing) => thing !== undefined);
}

/** What a call needs to be there. */
export function neededBy({ changes, uses = [] }: Relations): Thing[] {
  return changes === undefined ? [...uses] : [changes, ...uses];
}

/** Whether all who were to make it were left out. */
export function isLeftOut({ makers }: Thing): boolean {
  return makers.length > 0 && makers.every((maker) => maker.isLeftOut === true);
}

/** Whether it goes with what `beforeEnqueue` left out; undefined: who knows. */
export function goesAlong(relations: Relations): boolean | undefined {
  const needed = neededBy(relations).filter((thing) => thing !== relations.makes);
  const isGone = (thing: Thing): boolean => isLeftOut(thing) && !thing.hasEnded;
  if (needed.some(isGone)) return true;
  const mayBeGone = ({ makers }: Thing): boolean =>
    makers.some((maker) => maker.isLeftOut !== false);
  return needed.some(mayBeGone) ? undefined : false;
}

/** Whether nobody waits for it any more. */
export function isSettled(item: Item): boolean {
  return item.calls.every(({ outcome }) => outcome !== undefined);
}

function changedBy({ makes, changes }: Relations): Thing[] {
  return [makes, changes].filter((thing) => thing !== undefined);
}

function meet(some: readonly Thing[], others: readonly Thing[]): boolean {
  return some.some((thing) => others.includes(thing) && !thing.isSplit);
}
