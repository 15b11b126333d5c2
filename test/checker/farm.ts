/** Spreads seeds over processes, and tells what was found. */
import { fileURLToPath } from 'node:url';
import { askInProcess, WORKERS } from '../helpers/worker-process.ts';
import type { Dimension } from './dimensions.ts';
import type { Rule } from './story.ts';
import { RULES } from './story.ts';
import type { Failure, Found, Share } from './worker.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

export interface Order {
  readonly first: number;
  readonly count: number;
  readonly dimensions: readonly Dimension[];
  readonly isExact?: boolean;
  readonly mutant?: string;
  readonly until?: Rule;
  readonly told?: number;
}

/** Runs so many seeds from the first one on. */
export async function checkMany(order: Order): Promise<Found> {
  const { first, count, dimensions, isExact = false, mutant, until, told = 1 } = order;
  const seeds = Array.from({ length: count }, (_, at) => first + at);
  const workers = Math.min(WORKERS, count);
  const found = await Promise.all(
    Array.from({ length: workers }, (_, part) =>
      askInProcess<Found>(WORKER, {
        seeds: seeds.filter((_seed, at) => at % workers === part),
        dimensions,
        isExact,
        mutant,
        until,
        told,
      } satisfies Share),
    ),
  );
  const counts: Record<string, number> = {};
  for (const part of found) {
    for (const [what, number] of Object.entries(part.counts)) {
      counts[what] = (counts[what] ?? 0) + number;
    }
  }
  return {
    ran: found.reduce((sum, { ran }) => sum + ran, 0),
    counts,
    failures: found.flatMap(({ failures }) => failures).sort((one, other) => one.seed - other.seed),
  };
}

/** A failure as a short story: what broke, what it takes, and what happened. */
export function storyOf({ seed, violations, plan, dimensions, story }: Failure): string {
  const [first] = violations;
  if (first === undefined) return '';
  return [
    `Seed ${seed} breaks "${first.rule}": ${RULES[first.rule]}`,
    ...violations.slice(0, 5).map(({ rule, detail, at }) => `  ${rule}, at ${at} ms: ${detail}`),
    ...(plan === undefined
      ? []
      : [
          'Cut down:',
          `  dimensions ${dimensions.join(', ')}`,
          `  settings ${JSON.stringify(plan.settings)}`,
          `  server ${JSON.stringify(plan.ways)}`,
          ...story.map((line) => `  ${line}`),
        ]),
    `Again: npm run check -- --seeds 1 --seed ${seed}`,
  ].join('\n');
}
