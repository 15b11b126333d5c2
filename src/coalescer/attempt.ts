import type { Batch, Ping, Reply, Send, SendOptions } from './ports.ts';

/** One attempt. A sender that throws has not said what became of the request: it is lost. */
export async function attempt<Failure>(
  send: Send<Failure>,
  batch: Batch,
  options: SendOptions,
): Promise<Reply<Failure>> {
  try {
    const reply = await send(batch, options);
    return isReply(reply) ? reply : lost(new TypeError('A sender has to resolve to a Reply.'));
  } catch (error) {
    return lost(error);
  }
}

/** What a ping met that was not answered; perhaps it does not say. */
export interface Silence<Failure> {
  readonly failure: Failure | undefined;
}

/** What a ping met; undefined where it was answered. One that throws had no answer. */
export async function ask<Failure>(
  ping: Ping<Failure>,
  signal: AbortSignal,
): Promise<Silence<Failure> | undefined> {
  try {
    const answer = await ping({ signal });
    if (answer === true) return undefined;
    return { failure: Object(answer).failure };
  } catch (error) {
    return { failure: error as Failure };
  }
}

/** Of an attempt whose sender says nothing. */
export function unheard<Failure>(ms: number): Failure {
  return new Error(`Nothing was heard of an attempt within ${ms} ms.`) as Failure;
}

function lost<Failure>(error: unknown): Reply<Failure> {
  return { kind: 'lost', status: undefined, failure: error as Failure };
}

function isReply(reply: Partial<Reply<unknown>> | null | undefined): boolean {
  switch (reply?.kind) {
    case 'answered':
      return typeof reply.outputs === 'object' && reply.outputs !== null;
    case 'refused':
    case 'busy':
    case 'lost':
    case 'unsent':
      return true;
    default:
      return false;
  }
}
