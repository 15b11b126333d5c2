import type { RecordedAction } from './actions/recorded-action.ts';

export interface ReplayResult {
  readonly actions: number;
  readonly succeeded: number;
  /** The first few errors. */
  readonly errors: readonly unknown[];
  /** The name in the file of each run and span, by the server's id. */
  readonly names: Readonly<Record<string, string>>;
}

const ERRORS_KEPT = 3;

/** Collects the result as calls settle. */
export class ReplayResultCollector {
  #actions = 0;
  #succeeded = 0;
  readonly #errors: unknown[] = [];
  readonly #names: Record<string, string> = {};
  readonly #settled: Promise<void>[] = [];

  /** Counts the call of an action; it gives the id of what that makes. */
  add(action: RecordedAction, call: Promise<string | { readonly id: string }>): void {
    const name = nameOf(action);
    this.#actions++;
    this.#settled.push(
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

  /** Resolves when all calls have settled. */
  async result(): Promise<ReplayResult> {
    await Promise.all(this.#settled);
    return {
      actions: this.#actions,
      succeeded: this.#succeeded,
      errors: this.#errors,
      names: this.#names,
    };
  }
}

/** The name in the file of what an action makes. */
function nameOf(action: RecordedAction): string | undefined {
  if (action.type === 'agent_instances/register') return action.instance;
  return action.type === 'agent_spans/create' ? action.span : undefined;
}
