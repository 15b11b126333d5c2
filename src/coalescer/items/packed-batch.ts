import type { TextArena } from '../../lib/text-arena.ts';
import type { Batch } from '../ports/sender.ts';
import { Item } from './item.ts';

export interface PackedBatchParts {
  /** Its place, among those of all items. */
  readonly seq: number;
  readonly calledAt: number;
  /** What the request is called in events. */
  readonly type: string;
  readonly batch: Batch;
  /** UTF-8 bytes of a request around its items. */
  readonly envelopeBytes: number;
  readonly texts: TextArena;
}

/**
 * A batch that its caller has packed. It travels as one item, alone and as it stands, so it takes the
 * same attempts as any other; but it stands in no line, and counts for nothing in queue and books.
 */
export class PackedBatch extends Item {
  content: Batch;

  constructor({ seq, calledAt, type, batch, envelopeBytes, texts }: PackedBatchParts) {
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
