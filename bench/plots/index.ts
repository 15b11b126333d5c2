import type { Results } from '../results.ts';
import { cpuPlot } from './cpu.ts';
import { errorsPlot } from './errors.ts';
import { gridPlot } from './natural-batching.ts';

/** The plots by the names of their files; those that have something to show. */
export function plots(results: Results): ReadonlyMap<string, string> {
  const found = [
    ['cpu.svg', cpuPlot(results)],
    ['natural-batching.svg', gridPlot(results)],
    ['errors.svg', errorsPlot(results)],
  ] as const;
  return new Map(
    found.flatMap(([name, plot]) => (plot === undefined ? [] : [[name, plot] as const])),
  );
}
