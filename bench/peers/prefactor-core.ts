/** The official package: a queue and one worker that sends span by span. */
import { HttpTransport, HttpTransportConfigSchema, SpanStatus } from '@prefactor/core';
import type { Emitter, Target } from '../contenders/contender.ts';
import { TOKEN } from '../contenders/contender.ts';

export function make({ url }: Target): Emitter {
  const transport = new HttpTransport(
    HttpTransportConfigSchema.parse({ apiUrl: url, apiToken: TOKEN, agentIdentifier: 'bench' }),
  );
  let made = 0;
  return {
    kind: 'emitter',
    emit({ schemaName, payload }) {
      transport.emit({
        spanId: `span-${made++}`,
        parentSpanId: null,
        traceId: 'trace',
        name: payload.name,
        spanType: schemaName,
        startTime: Date.now(),
        endTime: null,
        status: SpanStatus.RUNNING,
        inputs: { ...payload.inputs },
        outputs: null,
        tokenUsage: null,
        error: null,
        metadata: { ...payload.metadata },
      });
    },
    close: () => transport.close(),
  };
}
