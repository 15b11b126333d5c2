import type { Batch, Ping, Reply, Send, SendOptions } from './ports.ts';

/** One attempt. A sender that throws has not said what became of the request: it is lost. */
export async function attempt<Failure>(
  send: Send<Failure>,
  batch: Batch,
  options: SendOptions,
): Promise<Reply<Failure>> {
  try {
    return await send(batch, options);
  } catch (error) {
    return { kind: 'lost', status: undefined, failure: error as Failure };
  }
}

/** A ping that throws had no answer. */
export async function ask(ping: Ping, signal: AbortSignal): Promise<boolean> {
  try {
    return await ping({ signal });
  } catch {
    return false;
  }
}
