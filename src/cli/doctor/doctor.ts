import type { Account } from '../api/exchange.ts';
import { readAccount } from '../api/exchange.ts';
import type { OptionTable } from '../command/arguments.ts';
import { readCommandLine, text, wrongUsage } from '../command/arguments.ts';
import type { Command, Surroundings } from '../command/command.ts';
import { exitCodeOf, exitCodes } from '../command/failure.ts';
import { askConnection } from './connection.ts';
import { examine } from './examination.ts';
import { help, promise } from './help.ts';
import { BulkApi } from './questions/bulk-api.ts';
import type { Answered } from './questions/finding.ts';
import { lineOf, markdownOf, reportOf } from './report.ts';

const table = { 'api-url': text('a URL'), write: 'flag', json: 'flag' } as const;
const options: OptionTable = table;

export const doctor: Command = {
  name: 'doctor',
  summary: 'whether the API is there, takes the token, and does what the client assumes',
  options,
  help,
  run,
};

async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { options: given, positionals } = readCommandLine('doctor', args, table);
  const [extra] = positionals;
  if (extra !== undefined) throw wrongUsage('doctor', `It takes options only, not "${extra}".`);
  const { stdout, env, interrupted } = surroundings;
  const account = readAccount('doctor', given['api-url'], env);
  const answers = await ask(account, given.write, surroundings);
  const report = reportOf(answers, {
    host: new URL(account.apiUrl).host,
    at: new Date(),
    wrote: given.write,
    complete: !interrupted.aborted,
  });
  stdout.write(given.json ? `${JSON.stringify(report, null, 2)}\n` : markdownOf(report));
  if (interrupted.aborted) return exitCodeOf(interrupted);
  const { different, problem } = report.verdicts;
  return different + problem === 0 ? exitCodes.ok : exitCodes.failed;
}

async function ask(
  account: Account,
  mayWrite: boolean,
  { stderr, env, interrupted }: Surroundings,
): Promise<readonly Answered[]> {
  const tell = (answered: Answered): void => void stderr.write(lineOf(answered));
  const connection = await askConnection(account, tell);
  const isThere = connection.every(({ verdict }) => verdict !== 'problem');
  if (!mayWrite || !isThere || interrupted.aborted) return connection;
  stderr.write(`\n${promise}\n\n`);
  const owner = {
    agentId: env['PREFACTOR_AGENT_ID'] || undefined,
    environmentId: env['PREFACTOR_ENVIRONMENT_ID'] || undefined,
  };
  return [...connection, ...(await examine(new BulkApi(account), { owner, interrupted, tell }))];
}
