// One valid call of each kind; a test states what matters to it.
import type { AgentSpanCreateParams } from '../../src/index.ts';

/** A run that the emulator knows, and that has started. */
export const INSTANCE = '01k3zxw0000000a1b2c3000000000001';
/** An id of nothing, in the partition of `INSTANCE`. */
export const UNKNOWN = '01k3zxw0000000a1b2c300000000000z';

/** The idempotency key of what a test calls by a short name. */
export function keyOf(name: string): string {
  return `key-of-${name}`;
}

/** The short name again; a key that no test gave stays as it is. */
export function nameOf(key: string): string {
  return key.replace(/^key-of-/, '');
}

/** A span of `INSTANCE` that has ended. */
export function span(
  name: string,
  fields: Partial<AgentSpanCreateParams> = {},
): AgentSpanCreateParams {
  return {
    agentInstanceId: INSTANCE,
    schemaName: 'agent:llm',
    status: 'complete',
    idempotencyKey: keyOf(name),
    ...fields,
  };
}
