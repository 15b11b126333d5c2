import type { Seen } from '../../replay/emulator-process.ts';
import { startEmulator } from '../../replay/emulator-process.ts';
import type { Account } from '../api/exchange.ts';
import { checkAccount, readAccount } from '../api/exchange.ts';
import type { Surroundings } from '../command/command.ts';
import { unlessInterrupted } from '../command/failure.ts';
import type { Settings } from './settings.ts';

/** Where the actions go. */
export interface Target extends Account {
  readonly isEmulator: boolean;
  /** What the emulator saw; undefined for the API, and for an emulator that is gone. */
  seen(): Promise<Seen | undefined>;
  /** Aborts where it is known never to answer again. */
  readonly lost: AbortSignal;
  close(): void;
}

/** @throws {CommandFailure} when nothing there answers, the token is refused, or it is interrupted. */
export async function openTarget(
  { apiUrl, emulate, roundTripMs }: Settings,
  { env, interrupted }: Surroundings,
): Promise<Target> {
  if (emulate) {
    const apiToken = 'emulator-token';
    const emulator = await startEmulator({ token: apiToken, latencyMs: roundTripMs });
    return {
      apiUrl: emulator.url,
      apiToken,
      isEmulator: true,
      lost: emulator.lost,
      seen: async () => (emulator.lost.aborted ? undefined : emulator.seen()),
      close: () => emulator.close(),
    };
  }
  const account = readAccount('send', apiUrl, env);
  // Else the client would try for minutes what cannot work.
  await unlessInterrupted(checkAccount(account), interrupted);
  return {
    ...account,
    isEmulator: false,
    lost: new AbortController().signal, // an API may always come back
    seen: async () => undefined,
    close: () => {},
  };
}
