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
  readonly #result = {
    actions: 0,
    succeeded: 0,
    errors: [] as unknown[],
    names: {} as Record<string, string>,
  };
  readonly #settled: Promise<void>[] = [];

  /** Counts the call of an action; it gives the id of what that makes. */
  add(action: RecordedAction, call: Promise<string | { readonly id: string }>): void {
    const name = nameOf(action);
    const { errors, names } = this.#result;
    this.#result.actions++;
    this.#settled.push(
      call.then(
        (made) => {
          this.#result.succeeded++;
          if (name !== undefined) names[typeof made === 'string' ? made : made.id] = name;
        },
        (error: unknown) => {
          if (errors.length < ERRORS_KEPT) errors.push(error);
        },
      ),
    );
  }

  /** Resolves when all calls have settled. */
  async result(): Promise<ReplayResult> {
    await Promise.all(this.#settled);
    return this.#result;
  }
}

/** The name in the file of what an action makes. */
function nameOf(action: RecordedAction): string | undefined {
  if (action.type === 'agent_instances/register') return action.instance;
  return action.type === 'agent_spans/create' ? action.span : undefined;
}
