/**
 * The cost of work in steps: how often functions, and the blocks and loops in them, ran. V8 counts them, so that the
 * code needs no counters of its own, and none can be forgotten.
 */
import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector';

const session = new Session();
session.connect();
session.post('Profiler.enable');
// It is never stopped: a run for coverage counts by the same means.
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/** Begins to count in those folders of `src/`; what it returns gives the steps since then. */
export function countSteps(folders: readonly string[] = ['coalescer', 'lib']): () => number {
  const counted = new RegExp(`/src/(${folders.join('|')})/`);
  takeCounts();
  return () =>
    takeCounts()
      .filter(({ url }) => counted.test(url))
      .flatMap(({ functions }) => functions)
      .flatMap(({ ranges }) => ranges)
      .reduce((sum, { count }) => sum + count, 0);
}

/** What has run since the last time that it was asked. */
function takeCounts(): readonly Profiler.ScriptCoverage[] {
  let taken: readonly Profiler.ScriptCoverage[] = [];
  // It answers before it returns.
  session.post('Profiler.takePreciseCoverage', (error, { result }) => {
    if (error !== null) throw error;
    taken = result;
  });
  return taken;
}
