// One set-up, from its start to its end, and what its checks reported meanwhile.
import type { CheckReport, SuiteServer } from './suite-server.ts';

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
  readonly server: SuiteServer;
  /** Resolves when the suite has reported its end. */
  readonly ended: Promise<void>;
  /** Reports one more check, beside those of the suite. */
  check(title: string, work: Promise<unknown>): Promise<void>;
}

export interface Result {
  readonly name: string;
  readonly passed: number;
  readonly skipped: number;
  readonly failed: readonly CheckReport[];
  readonly seconds: number;
}

/** Generous, since a machine may be busy with other things. */
const LIMIT_MS = 300_000;

/** `titles`: those of all checks. */
export async function runSetUp(
  { name, run }: SetUp,
  where: Pick<Host, 'project' | 'server'>,
  titles: readonly string[],
): Promise<Result> {
  const startedAt = performance.now();
  const reports: CheckReport[] = [];
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  where.server.listeners.set(name, (one) => {
    reports.push(one);
    if (one.state === 'end') end();
  });
  const check = async (title: string, work: Promise<unknown>): Promise<void> => {
    const error = await work.then(() => undefined, said);
    reports.push(
      error === undefined ? { title, state: 'passed' } : { title, state: 'failed', error },
    );
  };
  await check('it ends by itself', run({ ...where, ended, check }, AbortSignal.timeout(LIMIT_MS)));
  const of = (state: CheckReport['state']): CheckReport[] =>
    reports.filter((one) => one.state === state);
  const failed = [...of('failed'), ...unreported(reports, titles)];
  const seconds = (performance.now() - startedAt) / 1_000;
  return { name, passed: of('passed').length, skipped: of('skipped').length, failed, seconds };
}

/** A check that never reported how it went has failed. */
function unreported(reports: readonly CheckReport[], titles: readonly string[]): CheckReport[] {
  const over = new Set(reports.filter(({ state }) => state !== 'begun').map(({ title }) => title));
  const left = reports.filter(({ title }) => !over.has(title));
  const never = titles.filter((title) => !reports.some((one) => one.title === title));
  const found = left.map(({ title }) => [title, 'it began, and never reported how it went']);
  if (never.length > 0)
    found.push(['all checks run', `${never.length} never began: ${never[0]} …`]);
  return found.map(([title = '', error = '']) => ({ title, state: 'failed', error }));
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
