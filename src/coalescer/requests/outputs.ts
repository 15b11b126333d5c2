/** Outputs as senders give them: by key, or as a list in the order of the batch. */
import type { Answer, Outputs } from '../ports/sender.ts';

/** How many there are beside those of the batch. */
export function unaskedIn(outputs: Outputs, keys: readonly string[]): number {
  if (isList(outputs)) return Math.max(0, outputs.length - keys.length);
  const asked = keys.filter((key) => Object.hasOwn(outputs, key)).length;
  return Object.keys(outputs).length - asked;
}

export function byKey(outputs: Outputs, keys: readonly string[]): Answer['outputs'] {
  if (!isList(outputs)) return outputs;
  const asked = keys.slice(0, outputs.length);
  return Object.fromEntries(asked.map((key, place) => [key, outputs[place]]));
}

function isList(outputs: Outputs): outputs is readonly unknown[] {
  return Array.isArray(outputs);
}
