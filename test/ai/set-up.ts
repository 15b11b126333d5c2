import type { TelemetryOptions } from 'ai';
import { prefactorTelemetry } from '../../src/ai/index.ts';
import type { TraceOptions, Tracer } from '../../src/trace/index.ts';
import { traced } from '../../src/trace/index.ts';
import type { Harness } from '../helpers/harness.ts';
import { harness } from '../helpers/harness.ts';

// Of functions that are tested although they are deprecated.
globalThis.AI_SDK_LOG_WARNINGS = false;

export interface AiHarness {
  readonly t: Harness;
  readonly tracer: Tracer;
  readonly telemetry: TelemetryOptions;
  /** What a promise comes to, in as much time as it takes. */
  outcome<T>(work: PromiseLike<T>): Promise<T | Error>;
}

export async function setUp(options: TraceOptions = {}): Promise<AiHarness> {
  const t = await harness();
  const tracer = traced(t.client, options);
  return {
    t,
    tracer,
    telemetry: { integrations: prefactorTelemetry(tracer) },
    async outcome(work) {
      const result = Promise.resolve(work).catch((error: unknown) => error as Error);
      await t.settled();
      return result;
    },
  };
}
