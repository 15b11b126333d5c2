/** The client of this package, as it was built and as users get it. */
import type { AgentSpan, AutobatchClient, AutobatchOptions, Ref } from '../../src/index.ts';
import type { Caller, Target } from './contender.ts';
import { TOKEN } from './contender.ts';

type Dist = typeof import('../../src/index.ts');

const { AutobatchClient: Client } = (await import(
  new URL('../../dist/index.js', import.meta.url).href
)) as Dist;

/** No scenario waits for room, so there is room for a million calls. */
const ROOMY = { maxItems: 4_000_000, maxBytes: 8_000_000_000 };

export function makeClient(
  { url, inFlight }: Target,
  options: AutobatchOptions = {},
): AutobatchClient {
  return new Client({
    apiUrl: url,
    apiToken: TOKEN,
    batch: { concurrency: inFlight },
    queue: ROOMY,
    ...options,
  });
}

export function makeOurs(target: Target, options?: AutobatchOptions): Caller {
  const client = makeClient(target, options);
  return {
    kind: 'caller',
    create({ agentInstanceId, schemaName, status, payload, parent }) {
      if (parent === undefined) {
        return client.agentSpans.create({ agentInstanceId, schemaName, status, payload });
      }
      return client.agentSpans.create({
        agentInstanceId,
        schemaName,
        status,
        payload,
        parentSpanId: parent as Ref<AgentSpan>,
      });
    },
    close: async () => void (await client.close()),
  };
}
