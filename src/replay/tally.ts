import type { RecordedAction } from './actions/recorded-action.ts';

/** What came of a replay. */
export interface Replayed {
  readonly actions: number;
  readonly succeeded: number;
  /** The first few errors. */
  readonly errors: readonly unknown[];
  /** The name in the file of each instance and span, by the server's id. */
  readonly names: Readonly<Record<string, string>>;
}

const ERRORS_KEPT = 3;

/** Counts calls as they settle. */
export class Tally {
  #actions = 0;
  #succeeded = 0;
  readonly #errors: unknown[] = [];
  readonly #names: Record<string, string> = {};
  readonly #open: Promise<void>[] = [];

  /** Counts a call; `name` is that of what it makes. */
  count(call: Promise<string | { readonly id: string }>, name?: string): void {
    this.#actions++;
    this.#open.push(
      call.then(
        (made) => {
          this.#succeeded++;
          if (name !== undefined) this.#names[typeof made === 'string' ? made : made.id] = name;
        },
        (error: unknown) => {
          if (this.#errors.length < ERRORS_KEPT) this.#errors.push(error);
        },
      ),
    );
  }

  async result(): Promise<Replayed> {
    await Promise.all(this.#open);
    return {
      actions: this.#actions,
      succeeded: this.#succeeded,
      errors: this.#errors,
      names: this.#names,
    };
  }
}

/** The name in the file of what an action makes. */
export function nameOf(action: RecordedAction): string | undefined {
  switch (action.type) {
    case 'agent_instances/register':
      return action.instance;
    case 'agent_spans/create':
      return action.span;
    default:
      return undefined;
  }
}
