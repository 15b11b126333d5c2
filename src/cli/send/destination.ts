import type { EmulatorProcess } from '../../recordings/emulator-process.ts';
import { startEmulator } from '../../recordings/emulator-process.ts';
import type { Account } from '../api/api-requests.ts';
import { ping, pingProblem, readAccount } from '../api/api-requests.ts';
import type { CommandContext } from '../command/command.ts';
import { CommandFailure, unlessInterrupted } from '../command/command-failure.ts';

/** Where the actions go: the API, or an emulator of our own. */
export interface Destination extends Account {
  readonly emulator?: EmulatorProcess;
}

/** The options that choose it. */
export interface DestinationOptions {
  readonly emulate: boolean;
  readonly 'api-url': string | undefined;
  readonly rtt: number | undefined;
}

export const ROUND_TRIP_MS = 20;

/** @throws {CommandFailure} when nothing there answers, the token is refused, or it is interrupted. */
export async function openDestination(
  { emulate, 'api-url': apiUrl, rtt: latencyMs = ROUND_TRIP_MS }: DestinationOptions,
  { env, interrupted }: CommandContext,
): Promise<Destination> {
  if (emulate) {
    const apiToken = 'emulator-token';
    const emulator = await startEmulator({ token: apiToken, latencyMs });
    return { apiUrl: emulator.url, apiToken, emulator };
  }
  const account = readAccount('send', apiUrl, env);
  // Without this check, the client would take a wrong URL for an outage, and try again for minutes.
  const problem = pingProblem(account, await unlessInterrupted(ping(account), interrupted));
  if (problem !== undefined) throw new CommandFailure(problem);
  return account;
}
