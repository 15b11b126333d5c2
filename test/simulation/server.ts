/** The emulator, as the plan wants it. */
import type { EmulatedItem } from '../../src/testing/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { randomFrom } from '../helpers/random.ts';
import type { CallLog } from './calls.ts';
import type { Item } from './model.ts';
import { isSettled, Thing } from './model.ts';
import type { Fate, Plan } from './plan.ts';
import { FOREIGN_SPANS, tokenOf } from './plan.ts';
import type { VirtualTime } from './virtual-time.ts';

/** See docs/internals/api.md, "Error codes". */
export const USED_CODE = 'idempotency_key_already_used';

export class SimulatedServer {
  readonly emulator: Emulator;
  /** Each run of an action in their order, without keys that were used before: whose it was. */
  readonly runs: { readonly key: string | null; readonly item: Item | undefined }[] = [];
  readonly #plan: Plan;
  readonly #time: VirtualTime;
  readonly #onFate: (fate: Fate) => void;
  #calls: CallLog | undefined;
  #answered = 0;

  constructor(plan: Plan, time: VirtualTime, onFate: (fate: Fate) => void) {
    this.emulator = newEmulator(plan, time, () => this.#noteUsed());
    this.#plan = plan;
    this.#time = time;
    this.#onFate = onFate;
  }

  /** Another client has been here before. */
  async makeForeignSpans(): Promise<Thing[]> {
    const instance = '01fr3hth00partaafffffffffffffff0';
    const call = async (path: string, body: object): Promise<void> => {
      const made = this.emulator.fetch(`https://api.test/api/v1/${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${tokenOf(this.#plan.seed)}`,
          'content-type': 'application/json',
          'x-prefactor-sdk': 'another@1.0.0',
        },
        body: JSON.stringify(body),
      });
      this.runs.push({ key: null, item: undefined });
      await this.#time.settle();
      while (this.#time.timers > 0) await this.#time.next();
      await made;
    };
    await call('agent_instance/register', { id: instance });
    const spans: Thing[] = [];
    for (let at = 1; at <= FOREIGN_SPANS; at++) {
      const id = `01fr3hth00partaafffffffffffffff${at}`;
      const span = { agent_instance_id: instance, schema_name: 's', status: 'active', payload: {} };
      await call('agent_spans', { details: { id, ...span } });
      spans.push(new Thing(`foreign span ${at}`, 'foreign span', id));
    }
    return spans;
  }

  /** Lets items fare as the plan says, by the calls that they are for. */
  setFates(calls: CallLog): void {
    this.#calls = calls;
    const { faults } = this.emulator;
    const isFated =
      (...fates: readonly Fate[]) =>
      ({ key }: EmulatedItem): boolean => {
        const fate = key === null ? undefined : calls.fateOf(key);
        const isSo = fate !== undefined && fates.includes(fate);
        if (isSo) this.#onFate(fate);
        return isSo;
      };
    // Asked first for each run of an action: so it sees all of them in their order.
    faults.refuse(({ key }) => {
      this.runs.push({ key, item: key === null ? undefined : calls.itemOf(key) });
      return false;
    });
    faults.refuse(isFated('refused'));
    faults.refuse(isFated('passes once'), { code: 'unexpected', times: 1 });
    faults.refuse(isFated('passes twice'), { code: 'temporarily_unavailable', times: 2 });
    faults.refuse(isFated('never passes'), { code: 'unexpected' });
    faults.poison(isFated('poison 400'), { kind: 'status', status: 400 });
    faults.poison(isFated('poison 422'), { kind: 'status', status: 422 });
    faults.poison(isFated('poison 500'), { kind: 'status', status: 500 });
    faults.poison(isFated('poison drop'), { kind: 'dropBefore' });
  }

  /** Whose key was refused as used, in the answer that leaves now. */
  #noteUsed(): void {
    if (this.#plan.server.repeats === 'replay') return;
    const { ran } = this.emulator.report();
    for (const { key, code } of ran.slice(this.#answered)) {
      if (key === null || code !== USED_CODE) continue;
      const item = this.#calls?.itemOf(key);
      if (item !== undefined && !isSettled(item)) item.isUsed = true;
    }
    this.#answered = ran.length;
  }
}

function newEmulator({ server, seed }: Plan, time: VirtualTime, onAnswer: () => void): Emulator {
  const [least, most] = server.latencyMs;
  const random = randomFrom(seed ^ 0x5eed);
  const { maxItems, maxBytes, maxInFlight, maxPerSecond } = server;
  return new Emulator({
    strict: true,
    // Not as a text, which a 401 would name.
    token: (token) => token === tokenOf(seed),
    seed,
    now: () => time.wallNow(),
    delay: (ms, signal) => delayed(time, ms, signal),
    latencyMs: () => least + random() * (most - least),
    itemMs: server.itemMs,
    repeats: server.repeats,
    storeErrors: server.storeErrors,
    onAnswer,
    ...(maxItems !== undefined && { maxItems }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(maxInFlight !== undefined && { maxInFlight }),
    ...(maxPerSecond !== undefined && { maxPerSecond }),
  });
}

function delayed(time: VirtualTime, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const cancel = time.afterOutside(ms, () => {
      signal?.removeEventListener('abort', cancel);
      resolve();
    });
    signal?.addEventListener('abort', cancel, { once: true });
  });
}
