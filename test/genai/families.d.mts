import type { TracerProvider } from '@opentelemetry/api';

/** Asks a model for the weather, which takes a tool: at least a span of a model and one of a tool. */
export type FamilyProgram = (
  provider: TracerProvider,
  end?: 'failing',
  /** Of the model; only the GenAI conventions' program can wait. */
  latencyMs?: number,
) => Promise<unknown>;

export const families: Readonly<Record<string, FamilyProgram>>;
