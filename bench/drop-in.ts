// What the official SDK gains when its calls are batched, without a change to it (build first): the table of
// docs/guide/official-sdk.md.
//   node bench/drop-in.ts            takes about two minutes, most of them without us
//   node bench/drop-in.ts WORD       only rows whose names have that word
//   node bench/drop-in.ts --smoke    only shows that it runs
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { SdkUnderTest } from '../tools/official-sdk.ts';
import { LaterSdk, publishedSdk, SDK_TOKEN } from '../tools/official-sdk.ts';

type Main = typeof import('../src/index.ts');
type FetchEntry = typeof import('../src/fetch/index.ts');
type Testing = typeof import('../src/testing/index.ts');
type Agent = { runAgent(options: object): Promise<void> };

const load = (path: string): Promise<unknown> => import(new URL(path, import.meta.url).href);
const { AutobatchClient } = (await load('../dist/index.js')) as Main;
const { createBatchingFetch } = (await load('../dist/fetch/index.js')) as FetchEntry;
const { Emulator } = (await load('../dist/testing/index.js')) as Testing;
const { runAgent } = (await load('../tools/langchain-agent.mjs')) as Agent;

const { values, positionals } = parseArgs({
  options: { smoke: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const size = values.smoke ? 0.02 : 1;
const scaled = (count: number): number => Math.max(2, Math.round(count * size));

const modes = ['plain', 'on-result', 'on-accept'] as const;
type Mode = (typeof modes)[number];
type EmulatorOptions = NonNullable<ConstructorParameters<Testing['Emulator']>[0]>;

interface Place {
  readonly emulator: InstanceType<Testing['Emulator']>;
  readonly fetch: typeof globalThis.fetch;
  readonly apiUrl: string;
}

/** Runs it against a server of its own, over the loopback. */
async function inPlace<T>(
  mode: Mode,
  run: (place: Place) => Promise<T>,
  options: EmulatorOptions = {},
): Promise<T> {
  const emulator = new Emulator({ latencyMs: 20, ...options });
  await using server = await emulator.listen();
  const client = new AutobatchClient({ apiUrl: server.url, apiToken: SDK_TOKEN, logger: false });
  // Awaited, so that the server is there until it is over.
  if (mode === 'plain') return await run({ emulator, fetch: globalThis.fetch, apiUrl: server.url });
  const fetch = createBatchingFetch(client, { answer: mode });
  const result = await run({ emulator, fetch, apiUrl: server.url });
  fetch.uninstall();
  await client.close();
  return result;
}

async function runOf(sdk: SdkUnderTest, spans: number): Promise<void> {
  sdk.startRun();
  for (let index = 0; index < spans; index++) sdk.span(`span ${index}`);
  sdk.finishRun();
  await sdk.shutdown();
}

/** Seconds and requests. */
async function timed({ emulator }: Place, run: () => Promise<unknown>): Promise<string> {
  const began = performance.now();
  await run();
  const seconds = (performance.now() - began) / 1_000;
  return `${seconds.toFixed(2)} s, ${emulator.report().requests.all} requests`;
}

function storedSpans({ emulator }: Place): number {
  const runs = Object.values(emulator.snapshot().instances);
  return runs.reduce((sum, { spans }) => sum + Object.keys(spans).length, 0);
}

const scenarios: Readonly<Record<string, (mode: Mode) => Promise<string>>> = {
  [`one tracer, ${scaled(1_001)} spans`]: (mode) =>
    inPlace(mode, (place) => timed(place, () => runOf(publishedSdk(place), scaled(1_001)))),
  [`20 tracers, ${scaled(30)} spans each`]: (mode) =>
    inPlace(mode, (place) => {
      const tracers = Array.from({ length: 20 }, () => publishedSdk(place));
      return timed(place, () => Promise.all(tracers.map((sdk) => runOf(sdk, scaled(30)))));
    }),
  [`LangChain, ${2 * scaled(60) + 1} spans`]: (mode) =>
    inPlace(mode, (place) =>
      timed(place, () => runAgent({ ...place, apiToken: SDK_TOKEN, toolCalls: scaled(60) })),
    ),
  [`every tenth answer lost, ${scaled(100)} spans`]: (mode) =>
    inPlace(
      mode,
      async (place) => {
        await runOf(publishedSdk(place), scaled(100));
        return `${storedSpans(place) - scaled(100)} doubled`;
      },
      { faults: { rates: { dropAfter: 0.1 }, on: 'any', seed: 3 } },
    ),
  [`ten seconds without network, ${scaled(200)} spans`]: (mode) =>
    inPlace(mode, async (place) => {
      const sdk = new LaterSdk(place);
      sdk.startRun();
      await sdk.shutdown();
      const { faults } = place.emulator;
      const begin = (): void =>
        faults.next({ kind: 'dropBefore' }, { times: Number.POSITIVE_INFINITY, on: 'any' });
      const outage = [
        setTimeout(begin, 1_000 * size),
        setTimeout(() => faults.clear(), 11_000 * size),
      ];
      for (let index = 0; index < scaled(200); index++) {
        sdk.span(`span ${index}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      sdk.finishRun();
      await sdk.shutdown();
      for (const timer of outage) clearTimeout(timer);
      return `${storedSpans(place)} of ${scaled(200)} stored`;
    }),
};

// What the SDKs say of lost answers is not what is asked here.
const silent = (): void => {};
Object.assign(console, { error: silent, info: silent });
const table: Record<string, Record<Mode, string>> = {};
for (const [name, scenario] of Object.entries(scenarios)) {
  if (!positionals.every((word) => name.includes(word))) continue;
  const row = { plain: '', 'on-result': '', 'on-accept': '' };
  for (const mode of modes) row[mode] = await scenario(mode);
  table[name] = row;
}
console.log('An official SDK without us, and with its calls batched; a round trip takes 20 ms:');
console.table(table);
