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

/** What is known of a type of action; `raw`: whose output is wanted as the wire has it. */
export function kindOf(type: string, raw: boolean): WireKind<unknown> {
  const known = raw ? rawKinds.get(type) : kinds.get(type);
  return known ?? { type, checkAction: checkEnvelope, read: readRaw };
}

const all: readonly WireKind<unknown>[] = [
  registerAgentInstance,
  startAgentInstance,
  finishAgentInstance,
  recordQuality,
  createAgentSpan,
  finishAgentSpan,
];
const kinds = new Map(all.map((kind) => [kind.type, kind]));
const rawKinds = new Map(all.map((kind) => [kind.type, rawly(kind)]));

/** The same checks, but the value is the whole output. */
function rawly({ type, checkAction, read }: WireKind<unknown>): WireKind<unknown> {
  return {
    type,
    checkAction,
    read(output): Reading<unknown> {
      const reading = read(output);
      return reading.kind === 'success' ? { ...reading, value: output } : reading;
    },
  };
}
