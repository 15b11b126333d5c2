/** Spreads schedules over processes. */
import { fileURLToPath } from 'node:url';
import { askInProcess, WORKERS } from '../helpers/worker-process.ts';
import { Coverage } from './coverage.ts';
import { INVARIANTS } from './violation.ts';
import type { Failure, Found, Share } from './worker.ts';

export const SOURCES: string = fileURLToPath(new URL('../../src', import.meta.url));
const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

export interface Harvest {
  readonly ran: number;
  readonly requests: number;
  readonly coverage: Coverage;
  readonly failures: readonly Failure[];
}

/** Runs the real sources with so many seeds from the first one on. */
export async function simulateMany(first: number, count: number): Promise<Harvest> {
  const shares = Array.from({ length: WORKERS }, (_, part) =>
    Array.from({ length: count }, (_none, at) => first + at).filter(
      (seed) => (seed - first) % WORKERS === part,
    ),
  );
  const found = await Promise.all(
    shares.map((seeds) => runShare({ src: SOURCES, seeds, until: undefined, shrinks: true })),
  );
  const coverage = new Coverage();
  for (const { counts } of found) coverage.add(counts);
  return {
    ran: found.reduce((sum, { ran }) => sum + ran, 0),
    requests: found.reduce((sum, { requests }) => sum + requests, 0),
    coverage,
    failures: found.flatMap(({ failure }) => failure ?? []),
  };
}

/** One share in a process of its own. */
export function runShare(share: Share): Promise<Found> {
  return askInProcess(WORKER, share);
}

/** A failure as a short story: what was called and sent, and what broke. */
export function storyOf({ seed, violations, shrunk }: Failure): string {
  const [first] = violations;
  if (first === undefined) return '';
  const { server, options, faults } = shrunk?.plan ?? {};
  return [
    `Seed ${seed} breaks "${first.name}": ${INVARIANTS[first.name]}`,
    ...violations.slice(0, 5).map(({ name, detail, at }) => `  ${name}, at ${at} ms: ${detail}`),
    ...(shrunk === undefined
      ? []
      : [
          'Cut down:',
          `  options ${JSON.stringify(options)}`,
          `  server ${JSON.stringify(server)}`,
          `  faults ${JSON.stringify(faults)}`,
          ...shrunk.story.map((line) => `  ${line}`),
        ]),
    `Again: npm run simulate -- --seeds 1 --seed ${seed}`,
  ].join('\n');
}
