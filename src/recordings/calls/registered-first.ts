/** Calls that wait until their run is registered: only then can a tree of spans leave at once. */
import type { ActionPromise, AutobatchClient } from '../../index.ts';
import type { Run } from './open-runs.ts';

/**
 * The client does not know of calls that wait here, so its own bounds do not count them. They are all made at
 * once, and have to fit into the fifth of the queue that `ready` leaves.
 */
const MAX_WAITING_BYTES = 4_000_000;

export class RegisteredFirst {
  readonly #client: AutobatchClient;
  /** Runs whose registration has not settled. */
  #registering = 0;
  /** Characters of the lines that wait, and the latest registration that one of them waits for. */
  #waitingBytes = 0;
  #lastAwaited: Promise<void> | undefined;

  constructor(client: AutobatchClient) {
    this.#client = client;
  }

  register(run: Run, registration: Promise<{ readonly id: string }>, onFailure: () => void): void {
    this.#registering++;
    run.registering = registration
      .then(({ id }) => {
        run.ref = id;
      }, onFailure)
      .then(() => {
        run.registering = undefined;
        this.#registering--;
      });
  }

  /** Makes a call, after the registration of its run; its line has so many `bytes`. */
  call<Value>(
    run: Run | undefined,
    bytes: number,
    make: () => ActionPromise<Value>,
  ): Promise<Value> {
    if (run?.registering === undefined) return make();
    this.#waitingBytes += bytes;
    this.#lastAwaited = run.registering;
    return run.registering.then(() => {
      this.#waitingBytes -= bytes;
      return make();
    });
  }

  async ready(): Promise<void> {
    while (this.#waitingBytes >= MAX_WAITING_BYTES) await this.#lastAwaited;
    await this.#client.ready();
  }

  async flush(): Promise<void> {
    let isAnyWaiting: boolean;
    do {
      isAnyWaiting = this.#registering > 0;
      await this.#client.flush();
    } while (isAnyWaiting);
  }
}
