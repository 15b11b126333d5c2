import { PrefactorSpanProcessor } from 'prefactor-autobatch/otel';
import { equal } from '../context.mjs';

/** What a processor reads of a span of OpenTelemetry's SDK, which need not be installed. */
function spanOf(id, name, parent) {
  return {
    name,
    kind: 0,
    spanContext: () => ({ traceId: `trace-of-${(parent ?? { id }).id}`, spanId: id }),
    parentSpanContext: parent && { spanId: parent.id, isRemote: false },
    startTime: [1_788_249_600, 0],
    endTime: [1_788_249_601, 1_000_000],
    status: { code: 0 },
    attributes: { 'gen_ai.operation.name': 'chat' },
    links: [],
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource: { attributes: { 'service.name': 'agent' } },
    instrumentationScope: { name: 'check' },
    id,
  };
}

export const opentelemetry = {
  'a trace of OpenTelemetry is a run, and requests of ours are no spans': async (t) => {
    const backend = await t.emulated();
    let processor;
    let requests = 0;
    // As an instrumentation of fetch does it.
    const instrumented = (request) => {
      const span = spanOf(`request-${++requests}`, 'POST');
      processor.onStart(span);
      return globalThis.fetch(request).finally(() => processor.onEnd(span));
    };
    const client = t.client(backend, { fetch: instrumented });
    processor = new PrefactorSpanProcessor(client);
    const root = spanOf('root', 'agent');
    const child = spanOf('child', 'ask', root);
    for (const span of [root, child]) processor.onStart(span);
    for (const span of [child, root]) processor.onEnd(span);
    await processor.forceFlush();
    await processor.shutdown();
    const { instances, breaches } = await backend.report();
    equal(breaches, [], 'the breaches');
    const runs = Object.values(instances).map((run) => [
      run.status,
      ...Object.values(run.spans)
        .map(({ payload, schema_name }) => [payload.name, schema_name])
        .sort(),
    ]);
    equal(runs, [['complete', ['agent', 'agent:llm'], ['ask', 'agent:llm']]], 'the runs');
  },
};
