// One set-up, from its start to its end, and what its checks told meanwhile.
import type { Stage, Told } from './stage.ts';

/** A runtime, set up in one way. */
export interface SetUp {
  readonly name: string;
  /**
   * Runs the suite in it, and resolves when it has ended by itself; rejects with what went wrong. Ends
   * everything it has started when `signal` fires.
   */
  run(host: Host, signal: AbortSignal): Promise<unknown>;
}

export interface Host {
  readonly origin: string;
  /** The folder with the packed package and the suite. */
  readonly project: string;
  readonly stage: Stage;
  /** Resolves when the suite has told of its end. */
  readonly ended: Promise<void>;
  /** One more check, beside those of the suite. */
  check(title: string, work: Promise<unknown>): Promise<void>;
}

export interface Result {
  readonly name: string;
  readonly passed: readonly string[];
  readonly skipped: readonly string[];
  /** Titles, and why. */
  readonly failed: readonly (readonly [string, string])[];
  readonly seconds: number;
}

/** Generous: a machine may be busy with much else. */
const LIMIT_MS = 300_000;

export async function play(
  { name, run }: SetUp,
  where: Omit<Host, 'ended' | 'check'>,
  titles: readonly string[],
): Promise<Result> {
  const startedAt = performance.now();
  const told: Told[] = [];
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  where.stage.listeners.set(name, (one) => {
    told.push(one);
    if (one.state === 'end') end();
  });
  const check = (title: string, work: Promise<unknown>): Promise<void> =>
    work.then(
      () => void told.push({ title, state: 'passed' }),
      (error: unknown) => void told.push({ title, state: 'failed', error: said(error) }),
    );
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new Error(`not over after ${LIMIT_MS} ms`)), LIMIT_MS);
  let broken: string | undefined;
  try {
    await run({ ...where, ended, check }, limit.signal);
  } catch (error) {
    broken = said(error);
  } finally {
    clearTimeout(timer);
    limit.abort();
  }
  return {
    ...judged(told, titles, broken),
    name,
    seconds: (performance.now() - startedAt) / 1_000,
  };
}

/** A check that never told how it went has failed, and so has a set-up that did not end well. */
function judged(
  told: readonly Told[],
  titles: readonly string[],
  broken: string | undefined,
): Pick<Result, 'passed' | 'skipped' | 'failed'> {
  const titled = (state: Told['state']): string[] =>
    told.filter((one) => one.state === state).map(({ title }) => title);
  const passed = titled('passed');
  const failed = told
    .filter(({ state }) => state === 'failed')
    .map(({ title, error = '' }) => [title, error] as const);
  const skipped = titled('skipped');
  const over = new Set([...passed, ...skipped, ...failed.map(([title]) => title)]);
  const begun = titled('begun').findLast((title) => !over.has(title));
  if (begun !== undefined) failed.push([begun, 'it began, and never told how it went']);
  const never = titles.filter((title) => !over.has(title) && title !== begun);
  if (never.length > 0)
    failed.push(['all checks run', `${never.length} never began: ${never[0]} …`]);
  if (broken === undefined) passed.push('it ends by itself');
  else failed.push(['it ends by itself', broken]);
  return { passed, skipped, failed };
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
