/** S6 and S7: what a call holds on to, and whether many calls cost more than few. */
import type { Load } from '../job.ts';
import type { Mode, Scenario } from './scenario.ts';
import { count, entry, LOCAL, roundsIn, unlessQuick, wide } from './scenario.ts';

export function memory(mode: Mode): Scenario {
  const calls = { full: 100_000, quick: 10_000, smoke: 1_000 }[mode];
  const load: Load = { kind: 'pending', calls };
  // One by one takes as long as it sounds, once the answers are there.
  const fewer: Load = { kind: 'pending', calls: { full: 10_000, quick: 500, smoke: 100 }[mode] };
  const rounds = roundsIn(mode, 2);
  return {
    id: 'S6',
    title: 'Memory of a pending call',
    setting:
      `${count(calls)} calls with spans of 325 bytes wait for a server that keeps its answers back; then ` +
      'all are answered. Heap and buffers after a collection, before, during and afterwards.',
    server: LOCAL,
    columns: ['bytesPerCall', 'bytesLeftPerCall', 'oldBytesLeftPerCall'],
    entries: [
      entry('ours', 4, rounds, load),
      entry('floor-fetch', 4, rounds, load),
      entry('floor-dispatch', 4, 1, load),
      entry('dataloader+fetch', 4, 1, load),
      ...unlessQuick(mode, [
        entry('batshit+fetch', 4, 1, load),
        entry('pacer+fetch', 4, 1, load),
        entry('p-queue+fetch', 64, 1, fewer, { label: wide('p-queue+fetch') }),
      ]),
      entry('one by one', 64, 1, fewer, { label: wide('one by one') }),
    ],
  };
}

export function growth(mode: Mode): readonly Scenario[] {
  const sizes = {
    full: [1_000, 10_000, 100_000, 1_000_000],
    quick: [1_000, 30_000],
    smoke: [100, 1_000],
  }[mode];
  return sizes.map((calls): Scenario => {
    const load: Load = { kind: 'burst', calls, perTurn: 1_000, bytes: 325, spans: 'complete' };
    const rounds = roundsIn(mode, calls > 100_000 ? 2 : 3);
    return {
      id: `S7 ${count(calls)} calls`,
      title: 'The cost of a call among many',
      setting: `${count(calls)} spans of 325 bytes, 1,000 calls a turn, nobody waits for room.`,
      server: LOCAL,
      columns: ['cpuUs', 'toFetch', 'perSecond'],
      entries: [
        entry('ours', 4, rounds, load),
        entry('floor-fetch', 4, rounds, load),
        // A million of them once more would take a quarter of a minute.
        ...(calls > 100_000 ? [] : [entry('dataloader+fetch', 4, roundsIn(mode, 2), load)]),
      ],
    };
  });
}
