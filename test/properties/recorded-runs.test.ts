// Recorded runs of real agents, through the client, to a server 20 milliseconds away; in virtual time, so that how full
// batches are does not depend on the machine. How it is in real time, the bench shows (S8).
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AutobatchClient } from '../../src/index.ts';
import { readActions } from '../../src/recordings/actions/action-file.ts';
import type { RecordedAction } from '../../src/recordings/actions/recorded-action.ts';
import { sendBatched } from '../../src/recordings/send-batched-one-by-one.ts';
import { Emulator } from '../../src/testing/index.ts';
import { fakeTime } from '../helpers/fake-time.ts';
import { expectBalanced } from '../helpers/harness.ts';

const data = (name: string): string =>
  fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url));

const files = [
  { name: 'small.ndjson', actions: 556 },
  { name: 'large.ndjson.gz', actions: 46_165 },
];

describe.each(files)('$name', ({ name, actions }) => {
  test.skipIf(!existsSync(data(name))).each(['client', 'server'] as const)(
    'every action succeeds, and few requests carry them (ids: %s)',
    async (ids) => {
      const recorded: RecordedAction[] = [];
      for await (const action of readActions(data(name))) recorded.push(action);
      const time = fakeTime();
      onTestFinished(() => time.end());
      const emulator = new Emulator({ latencyMs: 20, strict: true });
      const client = new AutobatchClient({
        apiUrl: 'https://emulator.test',
        apiToken: 'test-token',
        fetch: emulator.fetch,
        ids,
      });
      const [sent, ledger] = await time.until(
        sendBatched(recorded, client).then(async (sent) => [sent, await client.close()] as const),
      );
      expect(sent).toMatchObject({ actions, succeeded: actions, errors: [] });
      expectBalanced(ledger);
      expect(ledger).toMatchObject({ accepted: actions, succeeded: actions, pending: 0 });
      const { requests, breaches, effects } = emulator.report();
      expect(breaches).toEqual([]);
      expect(effects.size).toBe(actions);
      expect(Math.max(...effects.values())).toBe(1);
      if (actions > 10_000) {
        expect(requests.bulk).toBeLessThanOrEqual(1.1 * Math.ceil(actions / 100));
      }
    },
    60_000,
  );
});
