// Recorded runs of real agents while the network and the server misbehave: order and books hold.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/index.ts';
import { AutobatchClient } from '../../src/index.ts';
import { readActions } from '../../src/replay/actions/action-file.ts';
import type { RecordedAction } from '../../src/replay/actions/recorded-action.ts';
import { replayBatched } from '../../src/replay/batched-replay.ts';
import type { ReplayResult } from '../../src/replay/replay-result.ts';
import { digestOf } from '../../src/replay/state-digest.ts';
import type { EmulatorReport, FaultPlan } from '../../src/testing/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { fakeTime } from '../helpers/fake-time.ts';
import { expectBalanced } from '../helpers/harness.ts';

const data = (name: string): string =>
  fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url));

const passing: FaultPlan['rates'] = {
  dropBefore: 0.03,
  dropAfter: 0.03,
  truncate: 0.02,
  html: 0.02,
  status: 0.05,
  itemTransient: 0.002,
};

interface Outcome {
  readonly replayed: ReplayResult;
  readonly ledger: Ledger;
  readonly report: EmulatorReport;
  readonly digest: string;
}

/** One replay in virtual time. */
async function replay(
  actions: readonly RecordedAction[],
  ids: 'client' | 'server',
  faults: FaultPlan | undefined,
): Promise<Outcome> {
  const time = fakeTime();
  try {
    const emulator = new Emulator({
      latencyMs: 20,
      strict: true,
      ...(faults !== undefined && { faults }),
    });
    const client = new AutobatchClient({
      apiUrl: 'https://emulator.test',
      apiToken: 'test-token',
      fetch: emulator.fetch,
      ids,
      logger: false,
      deliveryTimeoutMs: Number.POSITIVE_INFINITY,
    });
    const replaying = replayBatched(actions, client);
    await time.drain();
    const replayed = await replaying;
    const closing = client.close();
    await time.drain();
    const digest = digestOf(emulator.snapshot(), replayed.names);
    return { replayed, ledger: await closing, report: emulator.report(), digest };
  } finally {
    time.end();
  }
}

async function readAll(name: string): Promise<RecordedAction[]> {
  const actions: RecordedAction[] = [];
  for await (const action of readActions(data(name))) actions.push(action);
  return actions;
}

describe.each(['small.ndjson', 'large.ndjson.gz'])('%s', (name) => {
  test.skipIf(!existsSync(data(name))).each(['client', 'server'] as const)(
    'faults that pass cost time, and nothing else (ids: %s)',
    async (ids) => {
      const actions = await readAll(name);
      const calm = await replay(actions, ids, undefined);
      const statuses = [500, 502, 503, 429, 408];
      const stormy = await replay(actions, ids, { seed: 7, rates: passing, statuses });
      expect(stormy.replayed).toMatchObject({ succeeded: actions.length, errors: [] });
      expectBalanced(stormy.ledger);
      expect(stormy.ledger).toMatchObject({ accepted: actions.length, succeeded: actions.length });
      expect(Math.max(...stormy.report.effects.values())).toBe(1);
      expect(stormy.report.breaches).toEqual([]);
      expect(stormy.digest).toBe(calm.digest);
      // The small file takes too few requests for every kind to come up.
      const kinds = Object.keys(stormy.report.faults).length;
      expect(kinds).toBeGreaterThanOrEqual(actions.length > 10_000 ? 6 : 1);
    },
    120_000,
  );
});

test.skipIf(!existsSync(data('small.ndjson')))(
  'actions that fail for good hurt their own trees only, and the books tell',
  async () => {
    const actions = await readAll('small.ndjson');
    const { replayed, ledger, report } = await replay(actions, 'client', {
      seed: 3,
      rates: { itemPermanent: 0.05, dropAfter: 0.1 },
    });
    expectBalanced(ledger);
    expect(ledger).toMatchObject({ accepted: actions.length, pending: 0, declined: 0 });
    expect(ledger.succeeded).toBe(replayed.succeeded);
    // In doubt is what an answer that was lost may have held, before what it needs was refused.
    expect(ledger.succeeded + ledger.refused + ledger.inDoubt).toBe(actions.length);
    expect(report.effects.size).toBe(replayed.succeeded);
    expect(report.breaches).toEqual([]);
  },
  60_000,
);
