import type { ActionPromise, AgentInstance, AgentSpan, AutobatchClient } from '../src/index.ts';
import type { Actions } from './actions.ts';
import { timeOf } from './actions.ts';
import type { Replayed } from './tally.ts';
import { known, Tally } from './tally.ts';

/** Replays recorded runs through the client: plain calls with references, none of them awaited. */
export async function replayBatched(actions: Actions, client: AutobatchClient): Promise<Replayed> {
  const tally = new Tally();
  const runs = new Map<string, ActionPromise<AgentInstance>>();
  const spans = new Map<string, ActionPromise<AgentSpan>>();
  for await (const action of actions) {
    await client.ready();
    const timestamp = timeOf(action);
    switch (action.type) {
      case 'agent_instances/register': {
        const { external_identifier, name, description } = action.payload.agent_version ?? {};
        const agentVersion = { externalIdentifier: external_identifier, name, description };
        const run = client.agentInstances.register({ agentVersion });
        runs.set(action.instance, run);
        tally.count(run, action.instance);
        break;
      }
      case 'agent_instances/start':
        tally.count(client.agentInstances.start(known(runs, action.instance), { timestamp }));
        break;
      case 'agent_spans/create': {
        const span = client.agentSpans.create({
          agentInstanceId: known(runs, action.instance),
          parentSpanId: action.parent === undefined ? null : known(spans, action.parent),
          schemaName: action.schema_name,
          status: action.status,
          payload: action.payload,
          startedAt: timestamp,
        });
        spans.set(action.span, span);
        tally.count(span, action.span);
        break;
      }
      case 'agent_spans/finish': {
        const { status, result_payload: resultPayload } = action;
        const span = known(spans, action.span);
        tally.count(client.agentSpans.finish(span, { status, resultPayload, timestamp }));
        break;
      }
      case 'agent_instances/finish': {
        const run = known(runs, action.instance);
        tally.count(client.agentInstances.finish(run, { status: action.status, timestamp }));
        break;
      }
      default:
        action satisfies never;
    }
  }
  await client.flush();
  return tally.result();
}
