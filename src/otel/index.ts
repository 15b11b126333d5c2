export type { SpanProcessorOptions } from './processor-options.ts';
export { PrefactorSpanProcessor } from './span-processor.ts';
