/** S10: what a call costs more that uses more. S11: what a process pays before its first result. */
import type { Burst } from '../job.ts';
import { many, SMALL_OPEN } from './bursts.ts';
import type { Entry, Mode, Scenario } from './scenario.ts';
import { count, entry, LOCAL, PLAIN, roundsIn } from './scenario.ts';

export function options(mode: Mode): Scenario {
  const calls = many(mode, { full: 50_000, quick: 10_000, smoke: 300 }, SMALL_OPEN);
  const keyed: Burst = { ...calls, keys: 'caller' };
  const rounds = roundsIn(mode, 5);
  return {
    id: 'S10',
    title: 'What else a call may have',
    setting: `${count(calls.calls)} calls as in S1 foreign, each with one thing more than a plain one.`,
    server: LOCAL,
    columns: ['cpuUs', 'overPlainUs', 'toFetch', 'requests'],
    entries: [
      entry('ours', 4, rounds, calls, { label: PLAIN }),
      entry('ours', 4, rounds, keyed, { label: 'ours, a key given' }),
      entry('ours, beforeEnqueue', 4, rounds, calls, { note: 'adds a field to the payload' }),
      entry('ours, all listeners', 4, rounds, calls, { note: 'one for each event' }),
      entry('ours, a signal a call', 4, rounds, calls, { note: 'a controller of its own' }),
      entry('ours, small runs', 4, rounds, calls, {
        note: 'eight calls: a run, a root with three spans below it, start and both ends; none is awaited',
      }),
      entry('floor-fetch', 4, rounds, calls),
    ],
  };
}

export function coldStart(mode: Mode): Scenario {
  const of = (contender: Entry['job']['contender'], note?: string): Entry =>
    entry(contender, 1, roundsIn(mode, 15), { kind: 'cold start' }, { note });
  return {
    id: 'S11',
    title: 'Cold start',
    setting: 'From the start of a Node process to its first result, a process for each round.',
    server: LOCAL,
    columns: ['p50Ms', 'toDirect', 'cpuUs'],
    entries: [of('ours'), of('direct fetch'), of('nothing', 'Node itself')],
  };
}
