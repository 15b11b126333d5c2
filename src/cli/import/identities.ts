import type { IdentifyRecordedCall } from '../../recordings/calls/recorded-calls.ts';
import { hashedIdentity } from '../sending/hashed-identity.ts';

/**
 * Keys and ids that come from the ids of traces and spans: whatever file they come in, they are the same.
 *
 * @param salt Another salt makes other keys and ids.
 */
export function spanIdentities(
  salt: readonly string[],
  ids: 'client' | 'server',
): IdentifyRecordedCall {
  return (action) => {
    const span = 'span' in action ? action.span : undefined;
    return hashedIdentity(['import', ...salt, action.type, action.instance, span], ids);
  };
}
