export type { TraceOptions } from '../trace/index.ts';
export { instrumentMetrics } from './metrics.ts';
export type { RegistrationOfTrace, SpanProcessorOptions } from './processor-options.ts';
export { PrefactorSpanProcessor } from './span-processor.ts';
