import type { TextArena } from '../internal/texts.ts';
import { Item } from './item.ts';
import type { Batch } from './ports.ts';

/**
 * A batch that its caller has packed. It travels as one item, alone and as it stands, so it takes the
 * same attempts as any other; but it stands in no line, and counts for nothing in queue and books.
 */
export class PackedBatch extends Item {
  content: Batch;

  constructor(
    seq: number,
    calledAt: number,
    type: string,
    batch: Batch,
    envelopeBytes: number,
    texts: TextArena,
  ) {
    super(seq, calledAt, { key: '', type, pieces: [], bytes: 0, holes: [] }, texts);
    this.content = batch;
    // As the packer counts: it adds the envelope.
    this.bytes = batch.bytes - envelopeBytes;
  }

  /** It is over: what its caller gave is not kept. */
  letGo(): void {
    this.content = nothing;
  }

  override get name(): undefined {
    return undefined;
  }

  override get keys(): readonly string[] {
    return this.content.keys;
  }
}

PackedBatch.prototype.weight = 0;

const nothing: Batch = { keys: [], texts: [], bytes: 0 };
