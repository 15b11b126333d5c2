/** What the page knows, bounded as the inspector's own recording is. */
const MAX_LANES = 60;
const MAX_FAILURES = 60;
const MAX_SAMPLES = 120;

export const state = {
  title: '',
  view: 'client',
  recording: '',
  since: 0,
  figures: undefined,
  /** By number, from the oldest on. */
  lanes: new Map(),
  failures: [],
  samples: [],
  /** Requests that have left since the list was held. */
  isHeld: false,
};

export function takeSnapshot(snapshot) {
  Object.assign(state, snapshot, {
    lanes: new Map(snapshot.lanes.map((lane) => [lane.number, lane])),
  });
}

export function takeChanges({ figures, lanes, failures, samples }) {
  state.figures = figures;
  for (const lane of lanes) state.lanes.set(lane.number, lane);
  for (const number of state.lanes.keys()) {
    if (state.lanes.size <= MAX_LANES) break;
    state.lanes.delete(number);
  }
  state.failures = [...state.failures, ...failures].slice(-MAX_FAILURES);
  state.samples = [...state.samples, ...samples].slice(-MAX_SAMPLES);
}

/** `36s1f63k` as a list: `[{ letter: 's', count: 36, first: 0 }, …]`, and the dropped calls behind it. */
export function partsOf({ runs, dropped }) {
  const parts = [];
  let first = 0;
  for (const [, count, letter] of runs.matchAll(/(\d+)([a-z])/g)) {
    parts.push({ letter, count: Number(count), first });
    first += Number(count);
  }
  if (dropped > 0) parts.push({ letter: 'd', count: dropped, first, isBehind: true });
  return parts;
}

/** The request that carries on what came back from that one. */
export function nextOf(number) {
  return [...state.lanes.values()].filter(({ from }) => from.some(([one]) => one === number));
}
