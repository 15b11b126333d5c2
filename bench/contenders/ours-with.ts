/** The client of this package, used with one thing more than the fewest that a call needs. */
import type { AgentInstance, AgentSpan, AutobatchEvents, Ref } from '../../src/index.ts';
import type { Caller, Target } from './contender.ts';
import { callerOf, makeClient, makeOurs, paramsOf } from './ours.ts';
import type { Span } from './span.ts';

/** The hook as the guide has it. */
export function makeWithHook(target: Target): Caller {
  return makeOurs(target, {
    beforeEnqueue(action) {
      const details = action['details'] as { payload: object } | undefined;
      if (details !== undefined) details.payload = { ...details.payload, region: 'eu' };
      return action;
    },
  });
}

const EVENTS: Readonly<Record<keyof AutobatchEvents, number>> = {
  dispatch: 0,
  response: 0,
  requeue: 0,
  retry: 0,
  pause: 0,
  outage: 0,
  recovery: 0,
  failure: 0,
  terminate: 0,
  idle: 0,
};

export function makeWithListeners(target: Target): Caller {
  const client = makeClient(target);
  const heard: Record<keyof AutobatchEvents, number> = { ...EVENTS };
  for (const name of Object.keys(EVENTS) as (keyof AutobatchEvents)[]) {
    client.on(name, () => void heard[name]++);
  }
  return callerOf(client, (span) => client.agentSpans.create(paramsOf(span)));
}

export function makeWithSignals(target: Target): Caller {
  const client = makeClient(target);
  return callerOf(client, (span) =>
    client.agentSpans.create(paramsOf(span), { signal: new AbortController().signal }),
  );
}

/**
 * Each call is the next action of a small run: it is registered and started, has a root with three
 * spans below it, and both are finished. Nothing is awaited in between.
 */
export function makeOfRuns(target: Target): Caller {
  const client = makeClient(target);
  const { agentInstances, agentSpans } = client;
  let run: Ref<AgentInstance> = '';
  let root: Ref<AgentSpan> = '';
  const spanOf = ({ schemaName, payload }: Span): Promise<AgentSpan> =>
    agentSpans.create({
      agentInstanceId: run,
      parentSpanId: root,
      schemaName,
      status: 'complete',
      payload,
    });
  const steps: readonly Caller['create'][] = [
    () => {
      const registered = agentInstances.register({ agentId: 'bench' });
      run = registered;
      return registered;
    },
    () => agentInstances.start(run),
    ({ schemaName, payload }) => {
      const created = agentSpans.create({
        agentInstanceId: run,
        schemaName,
        status: 'active',
        payload,
      });
      root = created;
      return created;
    },
    spanOf,
    spanOf,
    spanOf,
    () => agentSpans.finish(root, { status: 'complete' }),
    () => agentInstances.finish(run, { status: 'complete' }),
  ];
  let at = 0;
  return callerOf(client, (span) => {
    const step = steps[at++ % steps.length];
    if (step === undefined) throw new Error('A run has no steps.');
    return step(span);
  });
}
