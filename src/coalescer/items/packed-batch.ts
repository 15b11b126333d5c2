import type { TextArena } from '../../lib/text-arena.ts';
import { utf8Length } from '../../lib/text-arena.ts';
import type { Envelope } from '../ports/options.ts';
import type { Batch, PackedItems } from '../ports/sender.ts';
import { Item } from './item.ts';

export interface PackedBatchParts {
  readonly seq: number;
  readonly calledAt: number;
  /** The name of the request in events. */
  readonly type: string;
  readonly batch: PackedItems;
  readonly envelope: Envelope;
  readonly texts: TextArena;
}

/**
 * A batch that its caller has packed. It travels as one item, as it stands and alone, and is retried like any other.
 * It waits for none, and counts in neither queue nor ledger.
 */
export class PackedBatch extends Item {
  content: Batch;

  constructor({ seq, calledAt, type, batch, envelope, texts }: PackedBatchParts) {
    super(seq, calledAt, { key: '', type, pieces: [], bytes: 0, holes: [] }, texts);
    const { envelopeBytes, separatorBytes } = envelope;
    const between = separatorBytes * (batch.texts.length - 1);
    // Without the envelope, which the packer adds.
    this.bytes = batch.texts.reduce((sum, text) => sum + utf8Length(text), between);
    this.content = { ...batch, bytes: envelopeBytes + this.bytes };
  }

  letGo(): void {
    this.content = emptyContent;
  }

  override get keyInEvents(): undefined {
    return undefined;
  }

  override get keys(): readonly string[] {
    return this.content.keys;
  }
}

PackedBatch.prototype.weight = 0;

const emptyContent: Batch = { keys: [], texts: [], bytes: 0 };
