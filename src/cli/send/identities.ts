import { createHash } from 'node:crypto';
import { alphabet, isPfid, pfidFrom } from '../../ids/pfid.ts';
import type { RecordedAction } from '../../replay/actions/recorded-action.ts';
import type { Identities, Identity } from '../../replay/calls/recorded-calls.ts';

/** 192 of 256 bits, in the letters of a nanoid. */
const KEY_LENGTH = 32;

export interface FileIdentitiesOptions {
  /** Another salt makes other keys and ids. */
  readonly salt: readonly string[];
  /** False where the API makes the ids of spans. */
  readonly makesIds: boolean;
}

/**
 * Keys and ids that come from the file: sent a second time, it doubles nothing. An action is known by
 * the name of the file, its run, its line, and how many lines of that run before it say the same.
 */
export class FileIdentities implements Identities {
  readonly #salt: readonly string[];
  readonly #makesIds: boolean;
  /** How often a run of that name was registered. */
  readonly #turns: Map<string, number> = new Map();
  /** How often a line has come, for each run that has not ended. */
  readonly #seen: Map<string, Map<string, number>> = new Map();

  constructor({ salt, makesIds }: FileIdentitiesOptions) {
    this.#salt = salt;
    this.#makesIds = makesIds;
  }

  of(action: RecordedAction, line: string): Identity {
    const run = action.instance ?? action.agent_instance_id ?? '';
    if (action.type === 'agent_instances/register') {
      this.#turns.set(run, (this.#turns.get(run) ?? 0) + 1);
      this.#seen.delete(run);
    }
    const hash = hashOf([...this.#salt, run, this.#turns.get(run) ?? 0, line]);
    const before = this.#countOf(run, keyOf(hash));
    if (action.type === 'agent_instances/finish') this.#seen.delete(run);
    const own = before === 0 ? hash : hashOf([keyOf(hash), before]);
    return {
      key: keyOf(own),
      idIn: (instance, time) => {
        if (!this.#makesIds || !isPfid(instance)) return undefined;
        return pfidFrom(Date.parse(time), instance, randomOf(own));
      },
    };
  }

  #countOf(run: string, key: string): number {
    const seen = this.#seen.get(run) ?? new Map<string, number>();
    this.#seen.set(run, seen);
    const before = seen.get(key) ?? 0;
    seen.set(key, before + 1);
    return before;
  }
}

function hashOf(parts: readonly unknown[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

function keyOf(hash: Buffer): string {
  return hash.toString('base64url').slice(0, KEY_LENGTH);
}

/** The 80 random bits of a PFID, from bits that the key does not show. */
function randomOf(hash: Buffer): string {
  return [...hash.subarray(-16)].map((byte) => alphabet.charAt(byte % 32)).join('');
}
