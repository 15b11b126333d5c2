import type { EmulatorProcess } from '../../replay/emulator-process.ts';
import { startEmulator } from '../../replay/emulator-process.ts';
import type { Account } from '../api/account.ts';
import { readAccount } from '../api/account.ts';
import { checkAccount } from '../api/ping.ts';
import type { CommandContext } from '../command/command.ts';
import { unlessInterrupted } from '../command/failure.ts';

/** Where the actions go: the API, or an emulator of our own. */
export interface Destination extends Account {
  readonly emulator: EmulatorProcess | undefined;
  /** Aborts when the emulator has ended, and so will never answer again. */
  readonly lost: AbortSignal;
  close(): void;
}

export interface DestinationChoice {
  readonly apiUrl: string | undefined;
  readonly emulate: boolean;
  /** Round trip of the emulator, in milliseconds. */
  readonly latencyMs: number;
}

/** @throws {CommandFailure} when nothing there answers, the token is refused, or it is interrupted. */
export async function openDestination(
  { apiUrl, emulate, latencyMs }: DestinationChoice,
  { env, interrupted }: CommandContext,
): Promise<Destination> {
  if (emulate) {
    const apiToken = 'emulator-token';
    const emulator = await startEmulator({ token: apiToken, latencyMs });
    const { url, lost } = emulator;
    return { apiUrl: url, apiToken, emulator, lost, close: () => emulator.close() };
  }
  const account = readAccount('send', apiUrl, env);
  // Without this check, the client would take a wrong URL for an outage, and try again for minutes.
  await unlessInterrupted(checkAccount(account), interrupted);
  // The API may always come back, so it is never given up.
  const lost = new AbortController().signal;
  return { ...account, emulator: undefined, lost, close: () => {} };
}
