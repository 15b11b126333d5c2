// So many traced spans through one tracer; says how large the heap is after the first half and at the end, and what the
// tracer still holds then.
import { AutobatchClient } from '../../../src/index.ts';
import { traced } from '../../../src/trace/index.ts';
import { say } from './agent.ts';
import { answerLittle } from './answer-little.ts';

declare const gc: () => void;

const SPANS = Number(process.argv[2]);
/** Of a short run: a root, tools with a call each, one that is forgotten. */
const SPANS_IN_RUN = 20;

const client = new AutobatchClient({
  apiUrl: 'https://server.test',
  apiToken: 'test-token',
  fetch: answerLittle,
});
const tracer = traced(client, { logger: false });
/** One run as long as the process, as a server may have it. */
const long = tracer.startRun({});
/** Handles that their owner keeps keep nothing else. */
const kept: unknown[] = [];
const inputs: WeakRef<object>[] = [];

function inputOf(text: string): object {
  const input = { text: `${text} `.repeat(50) };
  if (inputs.length < 1_000) inputs.push(new WeakRef(input));
  return input;
}

function shortRun(at: number): void {
  tracer.run({ input: inputOf(`run ${at}`) }, (run) => {
    run.startSpan('forgotten');
    for (let tool = 0; tool < SPANS_IN_RUN / 2 - 1; tool++) {
      tracer.span({ name: 'tool', type: 'agent:tool', input: inputOf('tool') }, (span) => {
        if (kept.length < 4_000) kept.push(span);
        return tracer.span('call', () => inputOf('result'));
      });
    }
  });
}

async function record(spans: number): Promise<number> {
  for (let made = 0; made < spans; made += 2 * SPANS_IN_RUN) {
    await client.ready();
    shortRun(made);
    for (let at = 0; at < SPANS_IN_RUN; at++) long.span('step', () => inputOf(`step ${at}`));
  }
  await client.flush();
  gc();
  await new Promise(setImmediate);
  gc();
  return process.memoryUsage().heapUsed;
}

const half = await record(SPANS / 2);
const end = await record(SPANS / 2);
const { openRuns, openSpans } = tracer.stats();
const inputsHeld = inputs.filter((input) => input.deref() !== undefined).length;
const { accepted, succeeded } = client.stats().ledger;
say(
  JSON.stringify({
    half,
    end,
    openRuns,
    openSpans,
    inputsHeld,
    handles: kept.length,
    accepted,
    succeeded,
  }),
);
long.end();
await client.close();
