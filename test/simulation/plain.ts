/** The plainest schedules: the defaults, and nothing that goes wrong. */
import type { Plan, PlannedOptions, PlannedServer } from './plan.ts';

export const PLAIN_SERVER: PlannedServer = {
  latencyMs: [20, 20],
  itemMs: 0,
  maxItems: undefined,
  maxBytes: undefined,
  maxInFlight: undefined,
  maxPerSecond: undefined,
  storeErrors: false,
  repeats: 'replay',
  outputs: 'in order',
};

export const PLAIN_OPTIONS: PlannedOptions = {
  window: 'tick',
  maxItems: 100,
  maxBytes: 1_000_000,
  concurrency: 16,
  maxWaitMs: 20,
  onSkipped: 'requeue',
  ids: 'client',
  queueItems: 100_000,
  queueBytes: 64_000_000,
  retry: {
    limit: 10,
    minDelayMs: 250,
    maxDelayMs: 30_000,
    maxPauseMs: 300_000,
  },
  attemptTimeoutMs: 30_000,
  deliveryTimeoutMs: 300_000,
  token: 'fixed',
};

/** Two runs as in the first lines of the docs. */
export const HAPPY_PLAN: Plan = {
  seed: 1,
  options: PLAIN_OPTIONS,
  server: PLAIN_SERVER,
  faults: [],
  tokenFaults: [],
  outages: [],
  freezes: [],
  agents: [
    [
      ...happyRun(1),
      { do: 'wait', ms: 100 },
      ...happyRun(11),
      { do: 'flush', timeoutMs: undefined, isAwaited: true },
    ],
  ],
};

function happyRun(slot: number): Plan['agents'][number] {
  const how = 'reference';
  const span = { do: 'create', of: slot, how, isActive: true, payloadBytes: 0 } as const;
  return [
    { do: 'register', slot, hasOwnId: false },
    { do: 'start', of: slot, how },
    { ...span, slot: slot + 1, parent: undefined },
    { ...span, slot: slot + 2, parent: slot + 1 },
    { do: 'finish', of: slot + 2, how },
    { do: 'finish', of: slot + 1, how },
    { do: 'quality', of: slot, how },
    { do: 'end', of: slot, how },
  ];
}
