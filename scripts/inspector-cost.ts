// What an open page of the inspector costs the client: CPU of bursts of spans, with a reader of its events and without, in
// turns. The reader is a process of its own, as a browser is; the server is in this one, so that the part of the client is
// smaller than in a program of a user's, and the share of the inspector is not. `-- --rounds 30` for more.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AutobatchClient } from '../src/index.ts';
import { createInspector } from '../src/inspector/index.ts';
import { wholeNumber } from './lib/whole-number.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
const BURSTS = 40;
const SPANS = 500;
/** Loads of a turn, and those before them that are not counted: the engine is compiled anew for its listeners. */
const LOADS = 3;
const WARM_UP = 2;

/** Answers as the API does, with little work. */
const answer: typeof fetch = async (request, init) => {
  const { items } = (await new Request(request, init).json()) as {
    items: readonly { idempotency_key: string }[];
  };
  const output = {
    status: 'success',
    details: { type: 'agent_span', id: 'x', status: 'complete' },
  };
  const outputs = Object.fromEntries(items.map((item) => [item.idempotency_key, output]));
  return Response.json({ status: 'success', outputs });
};
const client = new AutobatchClient({ apiToken: 'test-token', fetch: answer, ids: 'server' });
/** Listeners of the client's events. */
let attached = 0;
const { on } = client;
Object.defineProperty(client, 'on', {
  value: (...args: Parameters<typeof on>) => {
    attached++;
    const stop = on(...args);
    return () => {
      attached--;
      stop();
    };
  },
});

const inspector = createInspector(client);
const { url } = await inspector.listen();

/** CPU milliseconds of a load of bursts, one each 10 ms. */
async function cost(): Promise<number> {
  const before = process.cpuUsage();
  for (let burst = 0; burst < BURSTS; burst++) {
    for (let span = 0; span < SPANS; span++) {
      void client.agentSpans.create({
        agentInstanceId: 'a-run-of-this-load',
        schemaName: 'agent:tool',
        status: 'complete',
        payload: { burst, span },
      });
    }
    await client.flush();
    await wait(10);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const reader = `await (await fetch('${url}/events')).body.pipeTo(new WritableStream())`;

async function turn(): Promise<number> {
  for (let load = 0; load < WARM_UP; load++) await cost();
  let sum = 0;
  for (let load = 0; load < LOADS; load++) sum += await cost();
  return sum / LOADS;
}

async function watchedTurn(): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', reader], { stdio: 'ignore' });
  while (attached === 0) await wait(20);
  const ms = await turn();
  child.kill();
  await once(child, 'exit');
  // Recording goes on for ten seconds, so the next round must not begin before.
  while (attached > 0) await wait(200);
  return ms;
}

const ratios: number[] = [];
for (let round = 0; round < wholeNumber(values.rounds, '--rounds'); round++) {
  const [without, watched] = [await turn(), await watchedTurn()];
  ratios.push(watched / without);
  console.log(
    `${without.toFixed(0)} ms without, ${watched.toFixed(0)} ms with: ${(watched / without).toFixed(3)}`,
  );
}
ratios.sort((a, b) => a - b);
console.log(`median ${ratios[Math.floor(ratios.length / 2)]?.toFixed(3)}`);
await inspector.close();
await client.close();
