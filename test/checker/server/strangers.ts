/** What is at the server before the client comes, and what is nowhere. */
import type { Item } from './items.ts';
import { own } from './items.ts';
import type { State } from './state.ts';
import { idOf } from './state.ts';

export interface Stranger {
  readonly kind: 'run' | 'span';
  readonly id: string;
}

export function makeStrangers(state: State): Stranger[] {
  const run = (fields: Item['fields'], type: string): string => {
    const item = { key: '', type, marker: 'stranger', fields, text: '' };
    return String(own(own(state.run(item), 'details'), 'id'));
  };
  const runId = run({ agent_version: {} }, 'agent_instances/register');
  const details = { agent_instance_id: runId, schema_name: 'x', status: 'active' };
  const spanIds = [1, 2].map(() => run({ details }, 'agent_spans/create'));
  return [
    { kind: 'run', id: runId },
    ...spanIds.map((id) => ({ kind: 'span' as const, id })),
    { kind: 'span', id: idOf(9_999_998) },
    { kind: 'run', id: idOf(9_999_999) },
  ];
}
