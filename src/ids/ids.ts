import { nanoid } from 'nanoid';
import { wallNow } from '../internal/clock.ts';
import { isPfid, partitionOf, randomLength, rootLength, timeTextOf } from './pfid.ts';
import { RandomText } from './random-text.ts';

/** Makes the keys and the ids of one client. */
export class Ids {
  readonly #random = new RandomText();
  /** The PFID whose partition was asked for last: mostly it is the same run as before. */
  #related: unknown;
  #partition = '';
  /** The last millisecond in which an id was made, and its text. */
  #ms = Number.NaN;
  #time = '';

  /** A fresh idempotency key: at least 21 characters that are safe in a URL. */
  makeKey(): string {
    // Two calls with one key would be one item, or a conflict.
    if (!this.#random.isOfCrypto()) return this.#random.take(26);
    const key = nanoid();
    // nanoid cuts keys out of a long text of random characters, which each of them would keep for as long as
    // it is held itself; no engine cuts out so few as half of a key, but copies them.
    return key.slice(0, 10) + key.slice(10);
  }

  /** A fresh PFID in the partition of another one; undefined where what is given is none. */
  makeRelated(to: unknown): string | undefined {
    if (to !== this.#related) {
      if (!isPfid(to)) return undefined;
      this.#related = to;
      this.#partition = partitionOf(to);
    }
    return this.#timeNow() + this.#partition + this.#random.take(randomLength);
  }

  /** A fresh PFID in a partition of its own, drawn at random. */
  makeRoot(): string {
    return this.#timeNow() + this.#random.take(rootLength);
  }

  /** Ids only sort by their time: what makes each another is drawn at random. */
  #timeNow(): string {
    const ms = wallNow();
    if (ms !== this.#ms) {
      this.#ms = ms;
      this.#time = timeTextOf(ms);
    }
    return this.#time;
  }
}
