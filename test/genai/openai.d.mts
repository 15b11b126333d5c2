import type { TracerProvider } from '@opentelemetry/api';

export declare function askOpenAi(provider: TracerProvider, end?: 'failing'): Promise<unknown>;
