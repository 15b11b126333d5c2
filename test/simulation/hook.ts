/** `beforeEnqueue`, as the plan has it for each call. */
import type { AutobatchClient } from '../../src/client/client.ts';
import type { AutobatchOptions } from '../../src/index.ts';
import type { CallLog } from './calls.ts';

type BeforeEnqueue = NonNullable<AutobatchOptions['beforeEnqueue']>;

/** What stands in the place of what nobody may see. */
const REDACTED = { text: 'redacted' };

/** `calls`, `client`: of which this one hears later. */
export function hookFor(
  calls: () => CallLog,
  client: () => AutobatchClient,
  count: (what: string) => void,
): BeforeEnqueue {
  return (action) => {
    const act = calls().actOfHook();
    if (act === undefined) return action;
    count(`hook ${act}`);
    switch (act) {
      case 'leaves out':
        return null;
      case 'redacts': {
        const { details } = action as { details?: object };
        return details === undefined
          ? action
          : { ...action, details: { ...details, payload: REDACTED } };
      }
      case 'throws':
        throw new Error('the hook is broken');
      case 'rejects':
        return Promise.reject(new Error('the hook is broken')) as never;
      case 'calls':
        callFrom(calls(), client());
        return action;
      default:
        return act satisfies never;
    }
  };
}

function callFrom(calls: CallLog, client: AutobatchClient): void {
  void client.flush();
  calls.make({
    label: 'list agents, from the hook',
    relations: {},
    expected: { status: 'success' },
    invoke: (options) => client.submit({ _type: 'agents/list' }, options),
  });
}
