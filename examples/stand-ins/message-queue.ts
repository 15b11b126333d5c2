/**
 * A queue with SQS's SendMessageBatch, as far as the example needs it: each entry succeeds or fails by itself,
 * in whatever order, and a request that is too long is refused whole.
 */
import type { Said } from './loopback.ts';
import { listen } from './loopback.ts';

export interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
}

export interface SendMessageBatchResult {
  readonly Successful: readonly { readonly Id: string; readonly MessageId: string }[];
  readonly Failed: readonly FailedEntry[];
}

export interface FailedEntry {
  readonly Id: string;
  readonly Code: string;
  readonly SenderFault: boolean;
  readonly Message: string;
}

const MAX_ENTRIES = 10;
const MAX_BYTES = 262_144;

export class MessageQueue {
  /** Bodies of messages, by their `MessageId`. */
  readonly messages: Map<string, string> = new Map();
  /** Of each request so far, how many entries it held. */
  readonly requests: number[] = [];
  /** Fails entries as if a part of the service were down, so many times. */
  hiccups = 0;

  listen(): Promise<string> {
    return listen((text) => this.#sendMessageBatch(JSON.parse(text).Entries));
  }

  #sendMessageBatch(entries: readonly Entry[]): Said {
    this.requests.push(entries.length);
    const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(entry.MessageBody), 0);
    if (entries.length > MAX_ENTRIES)
      return refusal('AWS.SimpleQueueService.TooManyEntriesInBatchRequest');
    if (bytes > MAX_BYTES) return refusal('AWS.SimpleQueueService.BatchRequestTooLong');
    const [Successful, Failed]: [SendMessageBatchResult['Successful'][number][], FailedEntry[]] = [
      [],
      [],
    ];
    // The last one first: no caller may rely on an order.
    for (const { Id, MessageBody } of entries.toReversed()) {
      if (MessageBody === '') {
        const Message = 'The message must contain non-empty message body.';
        Failed.push({ Id, Code: 'MissingParameter', SenderFault: true, Message });
      } else if (this.hiccups > 0) {
        this.hiccups--;
        Failed.push({ Id, Code: 'InternalError', SenderFault: false, Message: 'Try again.' });
      } else {
        const MessageId = `message-${this.messages.size + 1}`;
        this.messages.set(MessageId, MessageBody);
        Successful.push({ Id, MessageId });
      }
    }
    return { status: 200, body: { Successful, Failed } };
  }
}

function refusal(__type: string): Said {
  return { status: 400, body: { __type } };
}
