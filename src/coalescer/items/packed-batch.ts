import type { TextArena } from '../../lib/text-arena.ts';
import type { Batch } from '../ports/sender.ts';
import { Item } from './item.ts';

export interface PackedBatchParts {
  readonly seq: number;
  readonly calledAt: number;
  /** The name of the request in events. */
  readonly type: string;
  readonly batch: Batch;
  /** UTF-8 bytes of a request around its items. */
  readonly envelopeBytes: number;
  readonly texts: TextArena;
}

/**
 * A batch that its caller has packed. It travels as one item, as it stands and alone, and is retried like any other.
 * It waits for nothing, and counts in neither queue nor ledger.
 */
export class PackedBatch extends Item {
  content: Batch;

  constructor({ seq, calledAt, type, batch, envelopeBytes, texts }: PackedBatchParts) {
    super(seq, calledAt, { key: '', type, pieces: [], bytes: 0, holes: [] }, texts);
    this.content = batch;
    // The packer adds the envelope.
    this.bytes = batch.bytes - envelopeBytes;
  }

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
