export { instrumentMetrics } from './metrics.ts';
export type { SpanProcessorOptions } from './processor-options.ts';
export { PrefactorSpanProcessor } from './span-processor.ts';
