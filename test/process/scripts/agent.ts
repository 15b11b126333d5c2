// What every script here has in common: a client of the server that the first argument names.
import process from 'node:process';
import type {
  ActionPromise,
  AgentInstance,
  AgentSpan,
  AutobatchOptions,
} from '../../../src/index.ts';
import { AutobatchClient } from '../../../src/index.ts';

export function newClient(options: AutobatchOptions = {}): AutobatchClient {
  const [, , apiUrl] = process.argv;
  return new AutobatchClient({ apiUrl, apiToken: 'test-token', ...options });
}

/** A run with a root and two leaves: seven calls, of which none is awaited. */
export function makeRun({
  agentInstances,
  agentSpans,
}: AutobatchClient): ActionPromise<AgentInstance | AgentSpan>[] {
  const run = agentInstances.register({});
  const root = agentSpans.create({
    agentInstanceId: run,
    schemaName: 'agent:llm',
    status: 'active',
  });
  const leaves = [1, 2].map((n) =>
    agentSpans.create({
      agentInstanceId: run,
      parentSpanId: root,
      schemaName: 'agent:tool',
      status: 'complete',
      payload: { n },
    }),
  );
  return [
    run,
    agentInstances.start(run),
    root,
    ...leaves,
    agentSpans.finish(root),
    agentInstances.finish(run),
  ];
}

export function say(...words: unknown[]): void {
  process.stdout.write(`${words.join(' ')}\n`);
}

/** Says at the end how long after now it came. */
export function sayWhenItEnds(since: string): void {
  const from = performance.now();
  process.once('exit', (code) => {
    say(`ended ${Math.round(performance.now() - from)} ms after ${since}, code ${code}`);
  });
}
