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
  readonly passed: number;
  readonly skipped: number;
  readonly failed: readonly Told[];
  readonly seconds: number;
}

/** Generous: a machine may be busy with much else. */
const LIMIT_MS = 300_000;

/** `titles`: those of all checks. */
export async function play(
  { name, run }: SetUp,
  where: Pick<Host, 'project' | 'stage'>,
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
  const check = async (title: string, work: Promise<unknown>): Promise<void> => {
    const error = await work.then(() => undefined, said);
    told.push(error === undefined ? { title, state: 'passed' } : { title, state: 'failed', error });
  };
  await check('it ends by itself', run({ ...where, ended, check }, AbortSignal.timeout(LIMIT_MS)));
  const of = (state: Told['state']): Told[] => told.filter((one) => one.state === state);
  const failed = [...of('failed'), ...untold(told, titles)];
  const seconds = (performance.now() - startedAt) / 1_000;
  return { name, passed: of('passed').length, skipped: of('skipped').length, failed, seconds };
}

/** A check that never told how it went has failed. */
function untold(told: readonly Told[], titles: readonly string[]): Told[] {
  const over = new Set(told.filter(({ state }) => state !== 'begun').map(({ title }) => title));
  const left = told.filter(({ title }) => !over.has(title));
  const never = titles.filter((title) => !told.some((one) => one.title === title));
  const found = left.map(({ title }) => [title, 'it began, and never told how it went']);
  if (never.length > 0)
    found.push(['all checks run', `${never.length} never began: ${never[0]} …`]);
  return found.map(([title = '', error = '']) => ({ title, state: 'failed', error }));
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
