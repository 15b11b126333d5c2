import type { Report } from '../../../src/cli/doctor/report.ts';
import type { Api } from '../run-cli.ts';
import { runCli } from '../run-cli.ts';

export interface Asked {
  readonly code: number;
  readonly report: Report;
  /** By the question's id: its finding, then the answer. */
  readonly says: Readonly<Record<string, string>>;
}

/** Runs `doctor --write`; presses Ctrl-C once that text is written. */
export async function ask({ env }: Pick<Api, 'env'>, interruptAt?: string): Promise<Asked> {
  const controller = new AbortController();
  const { code, stdout } = await runCli(['doctor', '--write', '--json'], {
    env,
    interrupted: controller.signal,
    onText: (text) => {
      if (interruptAt !== undefined && text.includes(interruptAt)) controller.abort();
    },
  });
  const report: Report = JSON.parse(stdout);
  const says = report.answers.map(({ id, finding, answer }) => [id, `${finding}: ${answer}`]);
  return { code, report, says: Object.fromEntries(says) };
}

/** The runs that the API has. */
export function runsOf({ emulator }: Api): unknown[] {
  return Object.values(emulator.snapshot().instances).map(({ status, purpose, span_counts }) => ({
    status,
    purpose,
    open: (span_counts as { pending: number; active: number } | undefined)?.active,
  }));
}

/** A run as it should be left. */
export const finished = [{ status: 'complete', purpose: 'smoke_test', open: 0 }];
