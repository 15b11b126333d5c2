import type { WireKind } from '../schemas/action.ts';
import {
  finishAgentInstance,
  recordQuality,
  registerAgentInstance,
  startAgentInstance,
} from '../schemas/agent-instances.ts';
import { createAgentSpan, finishAgentSpan } from '../schemas/agent-spans.ts';

/** What is known of a type of action; undefined: nothing. */
export function kindOf(type: string): WireKind<unknown> | undefined {
  return kinds.get(type);
}

const kinds: ReadonlyMap<string, WireKind<unknown>> = new Map(
  [
    registerAgentInstance,
    startAgentInstance,
    finishAgentInstance,
    recordQuality,
    createAgentSpan,
    finishAgentSpan,
  ].map((kind) => [kind.type, kind]),
);
