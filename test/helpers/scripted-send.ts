import type { Batch, Ping, Reply, Send } from '../../src/coalescer/index.ts';

/** What a scripted request says went wrong. */
export type Fault = string;

/** A request that waits for the test to answer it. */
export interface ParkedRequest extends Batch {
  readonly signal: AbortSignal;
  readonly outlives: boolean;
  /** Bytes of its answer come. */
  heard(): void;
  /** Succeeds for every key that is not given another output; `undefined` leaves the key out. */
  answer(outputs?: Readonly<Record<string, unknown>>): void;
  /** The first of these keys fails, and the server stops there. */
  stopAt(key: string, code?: string): void;
  /** Refuses the whole request; `blame` says what a part of it might do better with. */
  refuse(failure?: Fault, blame?: 'items' | 'bytes' | 'attempt', status?: number): void;
  /** Wants to be left alone for so long. */
  beBusy(afterMs?: number, maybeApplied?: boolean): void;
  lose(failure?: Fault, overload?: boolean): void;
  /** The answer is there, and too large to be read. */
  answerTooMuch(): void;
  /** It never left. */
  neverLeave(failure?: Fault): void;
}

export interface ScriptedSend {
  readonly send: Send<Fault>;
  /** All requests so far. */
  readonly requests: readonly ParkedRequest[];
  /** Those that have no answer yet, the oldest first. */
  readonly parked: readonly ParkedRequest[];
  /** The keys of each request so far. */
  readonly batches: readonly (readonly string[])[];
}

/** A sender that parks each request until the test answers it. */
export function scriptedSend(): ScriptedSend {
  const requests: ParkedRequest[] = [];
  const parked: ParkedRequest[] = [];
  const send: Send<Fault> = (batch, { signal, outlives = false, heard = () => {} }) =>
    new Promise((resolve) => {
      const reply = (reply: Reply<Fault>): void => {
        if (parked.includes(request)) parked.splice(parked.indexOf(request), 1);
        resolve(reply);
      };
      const answered = (outputs: Record<string, unknown>): void =>
        reply({ kind: 'answered', status: 200, outputs });
      const request: ParkedRequest = {
        keys: batch.keys,
        texts: batch.texts,
        bytes: batch.bytes,
        signal,
        outlives,
        heard,
        answer(given = {}) {
          const outputs: Record<string, unknown> = {};
          for (const key of batch.keys) outputs[key] = ok();
          for (const [key, output] of Object.entries(given)) {
            if (output === undefined) delete outputs[key];
            else outputs[key] = output;
          }
          answered(outputs);
        },
        stopAt(key, code = 'bad') {
          const outputs: Record<string, unknown> = {};
          for (const reached of batch.keys.slice(0, batch.keys.indexOf(key)))
            outputs[reached] = ok();
          outputs[key] = no(code);
          answered(outputs);
        },
        refuse: (failure = 'refused', blame, status = 400) =>
          reply({ kind: 'refused', status, failure, blame }),
        beBusy: (afterMs, maybeApplied = false) =>
          reply({ kind: 'busy', status: 429, failure: 'slow down', afterMs, maybeApplied }),
        lose: (failure = 'reset', overload = false) =>
          reply({ kind: 'lost', status: undefined, failure, overload }),
        answerTooMuch: () =>
          reply({ kind: 'lost', status: 200, failure: 'too large', oversized: true }),
        neverLeave: (failure = 'refused') => reply({ kind: 'unsent', failure }),
      };
      requests.push(request);
      parked.push(request);
    });
  return {
    send,
    requests,
    parked,
    get batches() {
      return requests.map(({ keys }) => keys);
    },
  };
}

export interface ScriptedPing {
  readonly ping: Ping<Fault>;
  /** Questions without an answer, the oldest first; call one to answer it. */
  readonly parked: ((answers: boolean | { readonly failure: Fault }) => void)[];
}

/** A ping that parks each question until the test answers it. */
export function scriptedPing(): ScriptedPing {
  const parked: ScriptedPing['parked'] = [];
  return {
    parked,
    ping: () =>
      new Promise((resolve) => {
        const answer: ScriptedPing['parked'][number] = (answers) => {
          parked.splice(parked.indexOf(answer), 1);
          resolve(answers);
        };
        parked.push(answer);
      }),
  };
}

/** A successful output, with the id of what was made where there is one. */
export function ok(id?: string): unknown {
  return { ok: true, id };
}

/** An output that says no; `conflict` where it says that the work may be done already. */
export function no(code: string, conflict?: 'exists' | 'state' | 'used'): unknown {
  return { ok: false, code, conflict };
}
