import { createHash } from 'node:crypto';
import { pfidFrom } from '../../ids/id-generator.ts';
import { isPfid, pfidAlphabet } from '../../ids/pfid.ts';
import type { IdentifyRecordedCall } from '../../recordings/calls/recorded-calls.ts';

/** 192 of 256 bits, in the letters of a nanoid. */
const FILE_KEY_LENGTH = 32;

/** The key and the id of an action that is known by these parts: the same each time. */
export function hashedIdentity(
  parts: readonly unknown[],
  ids: 'client' | 'server',
): ReturnType<IdentifyRecordedCall> {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest();
  return {
    key: hash.toString('base64url').slice(0, FILE_KEY_LENGTH),
    idIn: (instance, time) => {
      if (ids === 'server' || !isPfid(instance)) return undefined;
      // The 80 random bits, from bits that the key does not show.
      const random = [...hash.subarray(-16)].map((byte) => pfidAlphabet.charAt(byte % 32));
      return pfidFrom(Date.parse(time), instance, random.join(''));
    },
  };
}
