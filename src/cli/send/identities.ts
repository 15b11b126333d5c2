import type { IdentifyRecordedCall } from '../../recordings/calls/recorded-calls.ts';
import { hashedIdentity } from '../sending/hashed-identity.ts';

/**
 * Keys and ids that come from the file: sent a second time, it doubles nothing. An action is known by
 * the name of the file, its run, its line, and how many lines of that run before it say the same.
 *
 * @param salt Another salt makes other keys and ids.
 * @param ids Who makes the ids of spans: they are made from the file, or by the API.
 */
export function fileIdentities(
  salt: readonly string[],
  ids: 'client' | 'server',
): IdentifyRecordedCall {
  /** How often a run of that name was registered. */
  const turns = new Map<string, number>();
  /** How often a line has come, by its key, for each run that has not ended. */
  const seen = new Map<string, Map<string, number>>();
  return (action, line) => {
    const run = action.instance ?? action.agent_instance_id ?? '';
    if (action.type === 'agent_instances/register') {
      countName(turns, run);
      seen.delete(run);
    }
    const identity = hashedIdentity([...salt, run, turns.get(run) ?? 0, line], ids);
    const ofRun = seen.get(run) ?? new Map<string, number>();
    seen.set(run, ofRun);
    const before = countName(ofRun, identity.key);
    if (action.type === 'agent_instances/finish') seen.delete(run);
    return before === 0 ? identity : hashedIdentity([identity.key, before], ids);
  };
}

/** Adds one, and gives the number before. */
function countName(counts: Map<string, number>, name: string): number {
  const before = counts.get(name) ?? 0;
  counts.set(name, before + 1);
  return before;
}
