/** The client of this package, as it was built and as users get it. */
import type {
  AgentSpan,
  AgentSpanCreateParams,
  AutobatchClient,
  AutobatchOptions,
  Ref,
} from '../../src/index.ts';
import type { Caller, Target } from './contender.ts';
import { TOKEN } from './contender.ts';
import type { Span } from './span.ts';

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
  return callerOf(client, (span) => client.agentSpans.create(paramsOf(span)));
}

export function callerOf(client: AutobatchClient, create: Caller['create']): Caller {
  return { kind: 'caller', create, close: async () => void (await client.close()) };
}

/** Written as a user would: an object for each call, of what that call has. */
export function paramsOf(span: Span): AgentSpanCreateParams {
  const { agentInstanceId, schemaName, status, payload, parent, key } = span;
  if (parent !== undefined) {
    const parentSpanId = parent as Ref<AgentSpan>;
    return { agentInstanceId, schemaName, status, payload, parentSpanId };
  }
  if (key !== undefined) {
    return { agentInstanceId, schemaName, status, payload, idempotencyKey: key };
  }
  return { agentInstanceId, schemaName, status, payload };
}
