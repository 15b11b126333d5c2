/** What happened, in order, and what of it broke a rule. */

/** What is checked, in the words of docs/internals/contract.md. */
export const RULES = {
  settles: 'each call settles, within deliveryTimeoutMs, and so do flush, ready and close',
  books: 'accepted = succeeded + refused + notAttempted + inDoubt + cancelled + pending, always',
  columns: 'the books say what the callers were told',
  'one effect': 'each call has one effect at most',
  'one request': 'a key is never in two requests at once',
  'same bytes': 'an item is repeated to the letter',
  'own result': 'who is told of a success has it, and each is told its own',
  truth: 'maybeApplied is false: it was not done, and never will be; true: it may have been',
  reason: 'each rejection has a reason that was there',
  order: 'nothing overtakes what it depends on',
  orphans: 'what needs something that failed is not sent',
  'after close': 'nothing leaves when close has resolved',
  bounds: 'requests keep to maxItems, maxBytes and concurrency',
  'left out': 'what the hook leaves out takes along whatever needs it',
  events: 'each run is said to be ended once',
  failures: 'each failed call fires `failure` once',
  secret: 'the token is in no error, log or event',
  'at rest': 'when all is over nothing is pending: no timer, no item, no byte',
  stray: 'nothing is thrown at the process',
  endless: 'neither requests nor events go on without end',
  innocence: 'where the server says no to others only, a call succeeds',
} as const;

export type Rule = keyof typeof RULES;

export interface Violation {
  readonly rule: Rule;
  readonly detail: string;
  /** Milliseconds from the start. */
  readonly at: number;
}

export class Story {
  readonly lines: string[] = [];
  readonly violations: Violation[] = [];
  readonly #now: () => number;
  readonly #isTold: boolean;
  #order = 0;

  constructor(now: () => number, isTold: boolean) {
    this.#now = now;
    this.#isTold = isTold;
  }

  /** The next place in the order of all that happens. */
  next(): number {
    return ++this.#order;
  }

  readonly tell = (line: () => string): void => {
    if (!this.#isTold) return;
    this.lines.push(`${String(Math.round(this.#now())).padStart(7)} ms  ${line()}`);
  };

  readonly fail = (rule: Rule, detail: string): void => {
    if (this.violations.length < 50) this.violations.push({ rule, detail, at: this.#now() });
    this.tell(() => `BROKEN ${rule}: ${detail}`);
  };
}
