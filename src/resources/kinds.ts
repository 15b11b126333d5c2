import type { WireKind } from '../schemas/action.ts';
import {
  finishAgentInstance,
  recordQuality,
  registerAgentInstance,
  startAgentInstance,
} from '../schemas/agent-instances.ts';
import { createAgentSpan, finishAgentSpan } from '../schemas/agent-spans.ts';
import { checkEnvelope } from '../schemas/bulk.ts';
import type { Reading } from '../schemas/output.ts';
import { readRaw } from '../schemas/output.ts';

/** What is known of a type of action whose output is wanted as the wire has it. */
export function rawKindOf(type: string): WireKind<unknown> {
  return rawKinds.get(type) ?? { type, checkAction: checkEnvelope, read: readRaw };
}

const rawKinds: ReadonlyMap<string, WireKind<unknown>> = new Map(
  [
    registerAgentInstance,
    startAgentInstance,
    finishAgentInstance,
    recordQuality,
    createAgentSpan,
    finishAgentSpan,
  ].map((kind) => [kind.type, raw(kind)]),
);

/** The same checks, but the value is the whole output. */
function raw({ type, checkAction, read }: WireKind<unknown>): WireKind<unknown> {
  return {
    type,
    checkAction,
    read(output): Reading<unknown> {
      const reading = read(output);
      return reading.kind === 'success' ? { ...reading, value: output } : reading;
    },
  };
}
