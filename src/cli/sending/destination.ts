import type { EmulatorProcess } from '../../recordings/emulator-process.ts';
import { startEmulator } from '../../recordings/emulator-process.ts';
import { EMULATOR_TOKEN } from '../../testing/options/emulator-options.ts';
import type { Account } from '../api/api-requests.ts';
import { exchange, pingProblem, readAccount } from '../api/api-requests.ts';
import type { OptionValues } from '../command/arguments.ts';
import { flag, group, number, option, text } from '../command/arguments.ts';
import type { CommandContext } from '../command/command.ts';
import { CommandFailure, unlessInterrupted } from '../command/failures-exit-codes.ts';

const EMULATE_RTT_MS = 20;

export const destinationOptions = group('Where to', {
  'api-url': option(
    'URL',
    text('a URL'),
    "the API; without it PREFACTOR_API_URL, else the public one. The token is that of PREFACTOR_API_TOKEN. With an account's token, runs are registered for PREFACTOR_AGENT_ID and PREFACTOR_ENVIRONMENT_ID",
  ),
  emulate: flag('a local emulator of the API instead: no account, no network'),
  rtt: option(
    'MS',
    number({ min: 0, max: 60_000, unit: 'milliseconds' }),
    `its round trip in milliseconds (${EMULATE_RTT_MS})`,
  ),
});
export type DestinationOptions = OptionValues<typeof destinationOptions>;

/** What is wrong with the options, though each of them is right. */
export function destinationProblem({
  emulate,
  rtt,
  'api-url': apiUrl,
}: DestinationOptions): string | undefined {
  if (emulate && apiUrl !== undefined) return '--emulate and --api-url exclude each other.';
  if (rtt === undefined || emulate) return undefined;
  return '--rtt is the round trip of the emulator, and needs --emulate.';
}

/** Where actions go: the API, or an emulator of our own. */
export interface Destination extends Account {
  readonly emulator?: EmulatorProcess;
}

/** @throws {CommandFailure} when nothing there answers, the token is refused, or it is interrupted. */
export async function openDestination(
  command: string,
  { emulate, 'api-url': apiUrl, rtt: latencyMs = EMULATE_RTT_MS }: DestinationOptions,
  { env, interrupted }: CommandContext,
): Promise<Destination> {
  if (emulate) {
    const emulator = await startEmulator({ latencyMs });
    return { apiUrl: emulator.url, apiToken: EMULATOR_TOKEN, emulator };
  }
  const account = readAccount(command, apiUrl, env);
  // Without this check, the client would take a wrong URL for an outage, and try again for minutes.
  const ping = exchange(account, '/api/v1/ping');
  const problem = pingProblem(account, await unlessInterrupted(ping, interrupted));
  if (problem !== undefined) throw new CommandFailure(problem);
  return account;
}
