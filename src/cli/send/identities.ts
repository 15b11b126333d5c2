import { createHash } from 'node:crypto';
import { pfidFrom } from '../../ids/id-generator.ts';
import { isPfid, pfidAlphabet } from '../../ids/pfid.ts';
import type { IdentifyRecordedCall } from '../../recordings/calls/recorded-calls.ts';

/** 192 of 256 bits, in the letters of a nanoid. */
const FILE_KEY_LENGTH = 32;

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
    const hash = hashOf([...salt, run, turns.get(run) ?? 0, line]);
    const ofRun = seen.get(run) ?? new Map<string, number>();
    seen.set(run, ofRun);
    const before = countName(ofRun, keyOf(hash));
    if (action.type === 'agent_instances/finish') seen.delete(run);
    const own = before === 0 ? hash : hashOf([keyOf(hash), before]);
    return {
      key: keyOf(own),
      idIn: (instance, time) => {
        if (ids === 'server' || !isPfid(instance)) return undefined;
        // The 80 random bits, from bits that the key does not show.
        const random = [...own.subarray(-16)].map((byte) => pfidAlphabet.charAt(byte % 32));
        return pfidFrom(Date.parse(time), instance, random.join(''));
      },
    };
  };
}

/** Adds one, and gives the number before. */
function countName(counts: Map<string, number>, name: string): number {
  const before = counts.get(name) ?? 0;
  counts.set(name, before + 1);
  return before;
}

function hashOf(parts: readonly unknown[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

function keyOf(hash: Buffer): string {
  return hash.toString('base64url').slice(0, FILE_KEY_LENGTH);
}
