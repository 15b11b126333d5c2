// The engine alone, for a batch whose entries succeed and fail by themselves, as SQS's SendMessageBatch does.
import assert from 'node:assert/strict';
import type { Batch, Reply, SendOptions, Verdict } from '../src/coalescer/standalone/index.ts';
import { Coalescer, RejectedError } from '../src/coalescer/standalone/index.ts';
import type { Entry, FailedEntry, SendMessageBatchResult } from './stand-ins/message-queue.ts';
import { MessageQueue } from './stand-ins/message-queue.ts';

const queue = new MessageQueue();
const url = await queue.listen();

const [head, tail] = ['{"QueueUrl":"https://queue.example/1/orders","Entries":[', ']}'];
const engine = new Coalescer({
  send,
  read,
  maxItems: 10,
  maxBytes: 262_144,
  envelopeBytes: head.length + tail.length,
  concurrency: 4,
  // An entry whose error has this code goes again by itself, with those that are called meanwhile.
  retry: { itemCodes: ['not our fault'], minDelayMs: 10 },
});

/** One attempt at a request. What came of it is data: whether it is tried again is the engine's business. */
async function send({ texts }: Batch, { signal }: SendOptions): Promise<Reply<unknown>> {
  try {
    const body = head + texts.join(',') + tail;
    const response = await fetch(url, { method: 'POST', body, signal });
    const { status } = response;
    const answer = (await response.json()) as SendMessageBatchResult;
    if (response.ok) return { kind: 'answered', status, outputs: outputsOf(answer) };
    if (status >= 500) return { kind: 'lost', status, failure: answer };
    // As a whole: the engine sends halves, until what is to blame stands alone.
    return { kind: 'refused', status, failure: answer, blame: 'bytes' };
  } catch (failure) {
    return { kind: 'lost', status: undefined, failure };
  }
}

/** By key, since the answer has them in any order. None is missing, so none is taken as skipped. */
function outputsOf({ Successful, Failed }: SendMessageBatchResult): Record<string, unknown> {
  return Object.fromEntries([...Successful, ...Failed].map((output) => [output.Id, output]));
}

function read(output: unknown): Verdict<string> {
  const answer = output as SendMessageBatchResult['Successful'][number] | FailedEntry;
  if ('MessageId' in answer) return { kind: 'success', value: answer.MessageId };
  return { kind: 'error', code: answer.SenderFault ? answer.Code : 'not our fault' };
}

let messages = 0;
/** Resolves to the id of the message. Names nothing that it makes, changes or uses: no order is kept. */
function sendMessage(body: string): Promise<string> {
  const entry: Entry = { Id: `m${++messages}`, MessageBody: body };
  return engine.submit({ key: entry.Id, text: JSON.stringify(entry) });
}

let retried = 0;
engine.on('retry', () => retried++);
queue.hiccups = 3;

const bodies = Array.from({ length: 50 }, (_, index) => (index === 17 ? '' : `order ${index}`));
const outcomes = await Promise.allSettled(bodies.map(sendMessage));

for (const [index, outcome] of outcomes.entries()) {
  if (index === 17) {
    assert(outcome.status === 'rejected' && outcome.reason instanceof RejectedError);
    const { reason } = outcome.reason;
    assert(reason.kind === 'error');
    assert.equal((reason.output as FailedEntry).Code, 'MissingParameter');
  } else {
    assert(outcome.status === 'fulfilled');
    assert.equal(queue.messages.get(outcome.value), bodies[index]);
  }
}
assert.equal(queue.messages.size, 49); // each once
assert.equal(retried, 3); // and none of those beside them
const small = queue.requests.length;
assert(small <= 8, `${small} requests`);

// 30 messages of 60 kB: not ten, but four of them fit into a request. One that is too large for any travels
// alone, and is refused alone.
const tooLarge = sendMessage('x'.repeat(300_000));
const fitting = Array.from({ length: 30 }, (_, index) => sendMessage(`${index}`.padEnd(60_000)));
await Promise.all(fitting);
await assert.rejects(
  tooLarge,
  (error) => error instanceof RejectedError && error.reason.kind === 'refused',
);
const large = queue.requests.slice(small);
assert.equal(Math.max(...large), 4);

const { accepted, succeeded, refused } = await engine.close();
assert.deepEqual({ accepted, succeeded, refused }, { accepted: 81, succeeded: 79, refused: 2 });
console.log(`50 messages, of which ${retried} went twice, in ${small} requests`);
console.log(`30 large ones in ${large.length} requests, of ${Math.max(...large)} at most`);
