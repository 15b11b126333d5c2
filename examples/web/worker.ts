// A Worker: one client for each request, since connections and timers belong to the request that made them. The answer need not
// wait for the reports: `waitUntil` keeps the request alive until they have arrived. `examples/worker.ts` runs it.
import { AutobatchClient } from '../../src/index.ts';

export interface Env {
  readonly PREFACTOR_API_URL: string;
  readonly PREFACTOR_API_TOKEN: string;
}

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

export default {
  async fetch(request: Request, env: Env, ctx: Context): Promise<Response> {
    const client = new AutobatchClient({
      apiUrl: env.PREFACTOR_API_URL,
      apiToken: env.PREFACTOR_API_TOKEN,
      allowInsecure: true, // only for the emulator's http:
      waitUntil: (promise) => ctx.waitUntil(promise),
    });
    const order = new URL(request.url).searchParams.get('order');
    const run = client.agentInstances.register({ agentVersion: { name: 'Shop assistant' } });
    void client.agentInstances.start(run);
    void client.agentSpans.create({
      agentInstanceId: run,
      schemaName: 'agent:tool',
      status: 'complete',
      payload: { name: 'orders.find', order },
    });
    void client.agentInstances.finish(run);
    return new Response(`Order ${order} is on its way.`);
  },
};
