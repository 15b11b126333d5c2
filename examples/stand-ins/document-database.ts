/**
 * A database with MongoDB's ordered bulk writes, as far as the example needs it: operations run in their
 * order, the first error ends the request, and what was not reached is in no list.
 */
import { listen } from './loopback.ts';

export type Operation =
  | { readonly insertOne: { readonly document: Readonly<Record<string, unknown>> } }
  | {
      readonly updateOne: {
        readonly filter: { readonly _id: string };
        readonly update: { readonly $set: object };
      };
    };

export interface BulkWriteResult {
  readonly ok: 0 | 1;
  readonly nInserted: number;
  readonly nModified: number;
  readonly writeErrors: readonly WriteError[];
}

export interface WriteError {
  /** Of the operation, in the request. */
  readonly index: number;
  readonly code: number;
  readonly errmsg: string;
}

export class DocumentDatabase {
  readonly documents: Map<string, object> = new Map();
  /** Of each request so far, how many operations it held. */
  readonly requests: number[] = [];

  listen(): Promise<string> {
    return listen((text) => ({ status: 200, body: this.#bulkWrite(JSON.parse(text).operations) }));
  }

  #bulkWrite(operations: readonly Operation[]): BulkWriteResult {
    this.requests.push(operations.length);
    let [nInserted, nModified] = [0, 0];
    for (const [index, operation] of operations.entries()) {
      const error = this.#write(operation);
      if (error !== undefined) {
        return { ok: 1, nInserted, nModified, writeErrors: [{ index, ...error }] };
      }
      if ('insertOne' in operation) nInserted++;
      else nModified++;
    }
    return { ok: 1, nInserted, nModified, writeErrors: [] };
  }

  #write(operation: Operation): Omit<WriteError, 'index'> | undefined {
    if ('updateOne' in operation) {
      const { filter, update } = operation.updateOne;
      this.documents.set(filter._id, { ...this.documents.get(filter._id), ...update.$set });
      return undefined;
    }
    const { document } = operation.insertOne;
    const id = String(document['_id']);
    if (this.documents.has(id)) {
      return { code: 11000, errmsg: `E11000 duplicate key error: { _id: "${id}" }` };
    }
    if (typeof document['total'] !== 'number') {
      return { code: 121, errmsg: 'Document failed validation' };
    }
    this.documents.set(id, document);
    return undefined;
  }
}
