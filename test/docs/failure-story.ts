// The story that the README opens with, as it happens: told by the client and the emulator, so that
// the picture cannot say what is not so.
import { AutobatchClient } from '../../src/index.ts';
import { Emulator } from '../../src/testing/index.ts';

export interface FailureStory {
  /** The numbers of the calls in each request, in their order. */
  readonly requests: readonly (readonly number[])[];
  /** The calls that rejected, and the class of the error of each. */
  readonly rejected: ReadonlyMap<number, string>;
  readonly resolved: number;
}

const TOGETHER = 100;
const FAILING = 37;
const MEANWHILE = 20;

/** 100 calls of one tick, of which number 37 is refused; 20 more while the first request is out. */
export async function tellFailureStory(): Promise<FailureStory> {
  const emulator = new Emulator({ latencyMs: 20 }); // so that there is a meanwhile
  const client = new AutobatchClient({
    apiToken: 'test-token',
    fetch: emulator.fetch,
    batch: { concurrency: 1 },
    logger: false,
  });
  const run = await client.agentInstances.register({});
  emulator.faults.refuse(keyOf(FAILING));
  const call = (number: number) =>
    client.agentSpans.create({
      agentInstanceId: run,
      schemaName: 'agent:tool',
      status: 'complete',
      idempotencyKey: keyOf(number),
    });

  const left = new Promise<void>((resolve) => client.on('dispatch', () => resolve()));
  const calls = numbers(1, TOGETHER).map(call);
  await left;
  calls.push(...numbers(TOGETHER + 1, MEANWHILE).map(call));

  const results = await Promise.allSettled(calls);
  await client.close();
  return {
    requests: emulator
      .report()
      .batches.slice(1) // the first one is the registration
      .map(({ keys }) => keys.map((key) => Number(/\d+$/.exec(key ?? '')?.[0]))),
    rejected: new Map(
      results.flatMap((result, index) =>
        result.status === 'rejected' ? [[index + 1, String(result.reason.name)] as const] : [],
      ),
    ),
    resolved: results.filter(({ status }) => status === 'fulfilled').length,
  };
}

function keyOf(number: number): string {
  return `call-number-${number}`;
}

function numbers(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
