// The public class: answers `fetch` and `listen`, and tells tests what it saw.

import type { Faults } from './faults/fault-types.ts';
import { readFetch, toResponse } from './http/fetch.ts';
import { isRedirect } from './http/request-response.ts';
import type { EmulatorServer } from './http/server.ts';
import { listen } from './http/server.ts';
import type { EmulatorOptions } from './options/emulator-options.ts';
import type { EmulatorReport } from './report/report.ts';
import { RequestHandler } from './requests/request-handler.ts';
import type { EmulatorSnapshot } from './state/snapshot.ts';
import { takeSnapshot } from './state/snapshot.ts';

/**
 * The Prefactor API in process: it keeps state, is as strict as the public sources allow, and fails
 * where it is told to. Each emulator stands alone.
 *
 * ```ts
 * import { Emulator } from 'prefactor-autobatch/testing';
 *
 * const emulator = new Emulator();
 * const response = await emulator.fetch('https://emulator.test/api/v1/ping', {
 *   headers: { authorization: 'Bearer test-token', 'x-prefactor-sdk': 'my-test@1.0.0' },
 * });
 * console.log(response.status, emulator.report().breaches); // 200 []
 * ```
 */
export class Emulator {
  /**
   * Does what `fetch` does, with the emulator at the other end whatever the origin. Bound: can be
   * handed on as it is.
   *
   * Rejects with a `TypeError` when a fault drops the connection, and when a redirect would be
   * followed (which is a breach: it would show the token to another server). On an abort it rejects
   * at once with the signal's reason; what the server has done by then stays done.
   */
  readonly fetch: (input: Request | string | URL, init?: RequestInit) => Promise<Response>;
  /** Faults, one by one. */
  readonly faults: Faults;
  readonly #handler: RequestHandler;

  /** @throws {TypeError} that names all that is wrong with the options. */
  constructor(options: EmulatorOptions = {}) {
    const handler = new RequestHandler(options);
    this.#handler = handler;
    this.faults = handler.faults;
    this.fetch = async (input, init) => {
      const request = await readFetch(input, init, handler.bodyBound);
      const response = await handler.handle(request);
      if (isRedirect(response) && request.redirect !== 'manual') {
        handler.reporter.breach('A redirect would be followed, token and all');
        throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') });
      }
      return toResponse(response, request.signal, handler.reporter);
    };
  }

  /**
   * Listens on 127.0.0.1. Needs Node, or a runtime with its `node:http`; a bundle is fine. Several
   * servers of one emulator share its state.
   *
   * @param port Default 0: a free one.
   * @throws when the port is taken, or the runtime has no `node:http`.
   */
  async listen(port = 0): Promise<EmulatorServer> {
    return listen(this.#handler, port);
  }

  /** What the emulator saw so far. */
  report(): EmulatorReport {
    return this.#handler.reporter.report();
  }

  /**
   * The server's state, in wire form, without the times at which records were written: what two
   * servers that got the same calls in other batches have in common. Payloads are not copied.
   */
  snapshot(): EmulatorSnapshot {
    return takeSnapshot(this.#handler.store);
  }

  /**
   * Ends a run, as someone in the web app would: it becomes `terminated`, its open spans
   * are closed as `cancelled`, and later span answers carry `control.terminate`. Spans can still be
   * created: their answers are how a client learns of it. Finishing the instance, or a span that was
   * closed, gives `invalid_action`.
   *
   * @throws {RangeError} when there is no such instance.
   */
  terminate(
    instanceId: string,
    reason: string,
    options: {
      /** With false a later finish of an open span succeeds, and its answer has `control`. @default true */
      readonly closeSpans?: boolean;
    } = {},
  ): void {
    const { store } = this.#handler;
    const instance = store.instances.get(instanceId);
    if (instance === undefined) {
      throw new RangeError(`There is no agent instance "${instanceId}" to terminate.`);
    }
    store.terminate(instance, reason, store.timestamp(), options.closeSpans ?? true);
  }
}
