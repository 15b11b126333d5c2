import type { Deployment } from '../../replay/calls/recorded-calls.ts';
import { isToken, isTooShort, MIN_TOKEN_LENGTH, TOKEN } from '../../transport/api-token.ts';
import { DEFAULT_API_URL, readApiUrl } from '../../transport/api-url.ts';
import { wrongUsage } from '../command/arguments.ts';
import type { CommandContext } from '../command/command.ts';

/** Where the API is, and who asks. */
export interface Account {
  readonly apiUrl: string;
  readonly apiToken: string;
}

/**
 * The API's address and the token, from `--api-url` and the environment.
 *
 * @throws {CommandFailure} when one is missing or cannot be used.
 */
export function readAccount(
  command: string,
  givenUrl: string | undefined,
  env: CommandContext['env'],
): Account {
  const wrong = (sentence: string): Error => wrongUsage(command, sentence);
  const from = givenUrl === undefined ? 'PREFACTOR_API_URL' : '--api-url';
  const read = readApiUrl(givenUrl ?? (env['PREFACTOR_API_URL'] || DEFAULT_API_URL), false);
  if ('problem' in read) throw wrong(`${from} ${read.problem}.`);
  const apiToken = env['PREFACTOR_API_TOKEN'] ?? '';
  if (apiToken === '') throw wrong('The environment variable PREFACTOR_API_TOKEN is not set.');
  if (!isToken(apiToken)) throw wrong(`PREFACTOR_API_TOKEN must be ${TOKEN}.`);
  if (isTooShort(apiToken, read.url, undefined)) {
    throw wrong(`PREFACTOR_API_TOKEN must have at least ${MIN_TOKEN_LENGTH} characters.`);
  }
  return { apiUrl: read.url, apiToken };
}

/** What an account's token registers runs for; a deployment's token names it itself. */
export function deploymentOf(env: CommandContext['env']): Deployment {
  return {
    agent_id: env['PREFACTOR_AGENT_ID'] || undefined,
    environment_id: env['PREFACTOR_ENVIRONMENT_ID'] || undefined,
  };
}
