/** LangSmith's batching of runs. It tells nobody what became of a run. */
import { Client } from 'langsmith';
import type { Emitter, Target } from '../contenders/contender.ts';
import { TOKEN } from '../contenders/contender.ts';
import { BATCH } from './batches.ts';

/** It drops what does not fit; nothing may be dropped here. */
const ROOM_BYTES = 8_000_000_000;

export function make({ url, inFlight }: Target): Emitter {
  const client = new Client({
    apiUrl: url,
    apiKey: TOKEN,
    autoBatchTracing: true,
    batchSizeLimit: BATCH,
    traceBatchConcurrency: inFlight,
    maxIngestMemoryBytes: ROOM_BYTES,
    omitTracedRuntimeInfo: true,
    tracingMode: 'langsmith',
  });
  return {
    kind: 'emitter',
    emit({ schemaName, payload }) {
      const id = crypto.randomUUID();
      void client.createRun({
        id,
        trace_id: id,
        dotted_order: `${new Date().toISOString().replace(/[-:.]/g, '').slice(0, -1)}000Z${id}`,
        name: payload.name,
        run_type: 'llm',
        start_time: Date.now(),
        inputs: { ...payload.inputs },
        extra: { metadata: { ...payload.metadata, schemaName } },
      });
    },
    async close() {
      await client.flush();
      await client.awaitPendingTraceBatches();
    },
  };
}
