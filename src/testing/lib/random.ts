// A seeded generator (mulberry32): a fault plan and the emulator's own ids repeat from run to run.

export class Random {
  // Two states that take turns: a single one of 32 bits, seeded by a hash, would repeat among a million ids.
  #turn: number;
  #other: number;

  constructor(seed: number, other: number = ~seed) {
    this.#turn = seed | 0;
    this.#other = other | 0;
  }

  static of(name: string, seed: number): Random {
    return new Random(seededHash(name, seed), seededHash(name, ~seed));
  }

  /** A number in [0, 1). */
  next(): number {
    const state = (this.#turn + 0x6d2b79f5) | 0;
    this.#turn = this.#other;
    this.#other = state;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }
}

/** 32 bits that depend on every character of `text` and on `seed` (FNV-1a with a final mix). */
export function seededHash(text: string, seed: number): number {
  let value = (seed ^ 0x811c9dc5) | 0;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
