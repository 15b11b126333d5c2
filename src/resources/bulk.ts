import type { Coalescer, PackedItems } from '../coalescer/index.ts';
import { bindMethods } from '../lib/bind-methods.ts';
import { isObject, unpolluted } from '../lib/own-fields.ts';
import { copyItem } from '../pipeline/defensive-copy.ts';
import { assertNoIssues, invalidCallError } from '../pipeline/invalid-call.ts';
import { serialise } from '../pipeline/json-writer.ts';
import { withCleanReason } from '../pipeline/output-reader.ts';
import type { BulkItem, BulkRequest, BulkResult } from '../schemas/bulk-request.ts';
import { checkBulkRequest } from '../schemas/bulk-request.ts';
import type { CallOptions } from '../schemas/call-options.ts';
import { checkCallOptions } from '../schemas/call-options.ts';
import { within } from '../schemas/field-checks.ts';

export interface BulkSettings {
  readonly engine: Pick<Coalescer<unknown>, 'decline' | 'execute'>;
  /** Told of each request that is under way. */
  readonly onWork: (work: Promise<unknown>) => void;
  /** Takes every token out of a text that the server wrote. */
  readonly redact: (text: string) => string;
}

/** The type of such a request in errors and events. */
const type = 'bulk/execute';

/** Bulk requests that you pack yourself. */
export class Bulk {
  readonly #settings: BulkSettings;

  /** @internal */
  constructor(settings: BulkSettings) {
    this.#settings = settings;
    bindMethods(this, 'execute');
  }

  /**
   * Sends a batch as it stands: it is never split or merged with other calls, and waits for none. Resolves with the
   * outputs in wire form, also of items that failed; an item that the server did not reach has none. The request is
   * repeated until it has a usable answer.
   *
   * @throws {PrefactorInvalidArgumentError} no item, a key that is not unique or not 8 to 64
   *   characters long, an item that cannot be serialised
   * @throws {PrefactorIdempotencyConflictError} a pending call has one of the keys
   * @throws {PrefactorApiError} the API refused the whole request; see the subclasses for why
   * @throws {PrefactorRetryExhaustedError} no usable answer came in time; it may have been done
   * @throws {PrefactorClosedError} the client is closed
   *
   * An abort rejects with the signal's reason. A request that was sent by then may still be done.
   *
   * @example
   * const { outputs } = await client.bulk.execute({
   *   items: [{ _type: 'agents/list', idempotency_key: 'list-agents-01' }],
   * });
   */
  execute(request: BulkRequest, options?: CallOptions): Promise<BulkResult> {
    let result: Promise<BulkResult>;
    try {
      const own = unpolluted(options);
      result = this.#execute(batchOf(request, own), own?.signal);
    } catch (error) {
      return this.#settings.engine.decline(invalidCallError(error, 'bulk.execute'), {
        key: undefined,
        type,
      });
    }
    // Marked as handled, as each call is: it need not be awaited.
    result.catch(() => {});
    this.#settings.onWork(result);
    return result;
  }

  async #execute(batch: PackedItems, signal: AbortSignal | undefined): Promise<BulkResult> {
    const { engine, redact } = this.#settings;
    const { outputs } = await engine.execute(batch, { type, signal });
    const entries = Object.entries(outputs).map(([key, output]) => [
      key,
      withCleanReason(output, redact),
    ]);
    return { status: 'success', outputs: Object.fromEntries(entries) };
  }
}

function batchOf(given: BulkRequest, options: CallOptions | undefined): PackedItems {
  const request = ownRequest(given);
  const issues = [
    ...checkBulkRequest(request),
    ...within('options', options && checkCallOptions(options)),
  ];
  assertNoIssues(issues, 'request');
  const keys = request.items.map((item) => item.idempotency_key);
  const texts = request.items.map((item, place) =>
    serialise(item, (path) => (path === '' ? `items.${place}` : `items.${place}.${path}`)),
  );
  return { keys, texts };
}

/** Read once, so that what is checked is what is sent. */
function ownRequest(given: BulkRequest): BulkRequest {
  if (!isObject(given)) return given;
  const request: { items: readonly BulkItem[] } = unpolluted({ ...given });
  if (Array.isArray(request.items)) request.items = Array.from(request.items, copyItem<BulkItem>);
  return request;
}
