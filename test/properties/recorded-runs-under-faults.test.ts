// Recorded runs of real agents while the network and the server misbehave: order and books hold.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/index.ts';
import { AutobatchClient } from '../../src/index.ts';
import { readActions } from '../../src/recordings/actions/action-file.ts';
import type { RecordedAction } from '../../src/recordings/actions/recorded-action.ts';
import type { SendingResult } from '../../src/recordings/send-batched-one-by-one.ts';
import { sendBatched } from '../../src/recordings/send-batched-one-by-one.ts';
import { digestOf } from '../../src/recordings/state-digest.ts';
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
  readonly sent: SendingResult;
  readonly ledger: Ledger;
  readonly report: EmulatorReport;
  readonly digest: string;
}

/** A recording sent in virtual time. */
async function send(
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
    const sending = sendBatched(actions, client);
    await time.drain();
    const sent = await sending;
    const closing = client.close();
    await time.drain();
    const digest = digestOf(emulator.snapshot(), sent.names);
    return { sent, ledger: await closing, report: emulator.report(), digest };
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
      const calm = await send(actions, ids, undefined);
      const statuses = [500, 502, 503, 429, 408];
      const stormy = await send(actions, ids, { seed: 7, rates: passing, statuses });
      expect(stormy.sent).toMatchObject({ succeeded: actions.length, errors: [] });
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
    const { sent, ledger, report } = await send(actions, 'client', {
      seed: 3,
      rates: { itemPermanent: 0.05, dropAfter: 0.1 },
    });
    expectBalanced(ledger);
    expect(ledger).toMatchObject({ accepted: actions.length, pending: 0, declined: 0 });
    expect(ledger.succeeded).toBe(sent.succeeded);
    // In doubt is what an answer that was lost may have held, before what it needs was refused.
    expect(ledger.succeeded + ledger.refused + ledger.inDoubt).toBe(actions.length);
    expect(report.effects.size).toBe(sent.succeeded);
    expect(report.breaches).toEqual([]);
  },
  60_000,
);
