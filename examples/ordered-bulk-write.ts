// The engine alone, for an ordered bulk write that stops at its first error, as MongoDB's does.
import assert from 'node:assert/strict';
import type {
  Batch,
  NewItem,
  Reply,
  SendOptions,
  Verdict,
} from '../src/coalescer/standalone/index.ts';
import { Coalescer, RejectedError } from '../src/coalescer/standalone/index.ts';
import type { BulkWriteResult, Operation, WriteError } from './stand-ins/document-database.ts';
import { DocumentDatabase } from './stand-ins/document-database.ts';

const database = new DocumentDatabase();
const url = await database.listen();
database.documents.set('order-3', { total: 30, status: 'paid' }); // somebody else was faster

const [head, tail] = ['{"ordered":true,"operations":[', ']}'];
const engine = new Coalescer({
  send,
  read,
  maxItems: 10, // 100,000 in MongoDB
  envelopeBytes: head.length + tail.length,
  concurrency: 1,
});

/** One attempt at a request. What came of it is data: whether it is tried again is the engine's business. */
async function send({ texts }: Batch, { signal }: SendOptions): Promise<Reply<unknown>> {
  try {
    const body = head + texts.join(',') + tail;
    const response = await fetch(url, { method: 'POST', body, signal });
    const result = (await response.json()) as BulkWriteResult;
    return { kind: 'answered', status: response.status, outputs: outputsOf(result, texts.length) };
  } catch (failure) {
    return { kind: 'lost', status: undefined, failure };
  }
}

/**
 * What the answer says of each operation, in their order. After an error the list ends: so the engine knows
 * what was not reached, and sends it again.
 */
function outputsOf({ writeErrors: [error] }: BulkWriteResult, count: number): unknown[] {
  const done = Array.from({ length: error?.index ?? count }, () => 'written');
  return error === undefined ? done : [...done, error];
}

function read(output: unknown): Verdict<'written'> {
  if (output === 'written') return { kind: 'success', value: output };
  const { code } = output as WriteError;
  // What was to be made is there already, by us or by another: what needs it may go on.
  return { kind: 'error', code: String(code), conflict: code === 11000 ? 'exists' : undefined };
}

let writes = 0;
function write(
  operation: Operation,
  order: Pick<NewItem, 'makes' | 'changes'>,
): Promise<'written'> {
  return engine.submit({ key: `write-${++writes}`, text: JSON.stringify(operation), ...order });
}

let requeued = 0;
engine.on('requeue', () => requeued++);

// Twenty orders are inserted and then paid, and nothing is awaited in between.
const orders = Array.from({ length: 20 }, (_, index) => {
  const _id = `order-${index}`;
  const document = { _id, total: index === 12 ? 'a lot' : index * 10, isPaid: false };
  const payment = { filter: { _id }, update: { $set: { isPaid: true } } };
  return [
    write({ insertOne: { document } }, { makes: _id }),
    write({ updateOne: payment }, { changes: _id }),
  ] as const;
});
await engine.flush();

for (const [index, [inserted, paid]] of orders.entries()) {
  if (index === 3) {
    assert.equal(await outcome(inserted), 'E11000 duplicate key error: { _id: "order-3" }');
    assert.equal(await outcome(paid), 'written'); // it is there, if by somebody else
  } else if (index === 12) {
    assert.equal(await outcome(inserted), 'Document failed validation');
    assert.equal(await outcome(paid), 'not sent'); // what needs it hears so, and costs no request
  } else {
    assert.deepEqual([await outcome(inserted), await outcome(paid)], ['written', 'written']);
    const document = { _id: `order-${index}`, total: index * 10, isPaid: true };
    assert.deepEqual(database.documents.get(`order-${index}`), document);
  }
}

async function outcome(call: Promise<string>): Promise<string> {
  try {
    return await call;
  } catch (error) {
    assert(error instanceof RejectedError);
    const { reason } = error;
    if (reason.kind === 'dependency') return 'not sent';
    assert(reason.kind === 'error');
    return (reason.output as WriteError).errmsg;
  }
}

// 40 operations, 10 in a request: four requests, and one more for each error, which stops its request.
const { requests } = database;
assert(requests.length <= 6, `${requests.length} requests`);
assert(requeued > 0, 'what the database did not reach was sent again');
const { accepted, succeeded, refused } = await engine.close();
assert.deepEqual({ accepted, succeeded, refused }, { accepted: 40, succeeded: 37, refused: 3 });
console.log(`40 writes in ${requests.length} requests of ${requests.join(', ')} operations`);
console.log(`${succeeded} succeeded, ${refused} did not, ${requeued} were sent once more`);
