import { setTimeout as wait } from 'node:timers/promises';
import type { AutobatchClient } from '../../index.ts';

/** Between two waves of runs, and the most runs in one. */
const WAVE_MS = 350;
const MAX_RUNS = 8;
const MAX_STEPS = 9;

/** Makes runs of agents, some at once, until it is interrupted. What fails is for the page to show. */
export async function demoLoad(client: AutobatchClient, interrupted: AbortSignal): Promise<void> {
  for (let wave = 0; !interrupted.aborted; wave++) {
    // Waves of different sizes, always the same ones.
    for (let run = 0; run < 1 + ((wave * 5) % MAX_RUNS); run++) oneRun(client, wave + run);
    await wait(WAVE_MS, undefined, { signal: interrupted }).catch(() => {});
  }
}

function oneRun(client: AutobatchClient, seed: number): void {
  const run = client.agentInstances.register({});
  void client.agentInstances.start(run);
  const root = client.agentSpans.create({
    agentInstanceId: run,
    schemaName: 'agent:llm',
    status: 'active',
  });
  for (let step = 0; step < 2 + ((seed * 3) % MAX_STEPS); step++) {
    void client.agentSpans.create({
      agentInstanceId: run,
      parentSpanId: root,
      schemaName: 'agent:tool',
      status: 'complete',
    });
  }
  void client.agentSpans.finish(root);
  void client.agentInstances.finish(run);
}
