/** Collects the chunks of a body up to a bound, so that an endless body does not fill the memory. */
export class BoundedBody {
  readonly #bound: number;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  /** Whether the body has more bytes than the bound. Later chunks are not kept. */
  get isOver(): boolean {
    return this.#length > this.#bound;
  }

  add(chunk: Uint8Array): void {
    if (this.isOver) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
}
