import { once } from 'node:events';
import type { EmulatorServer } from '../../testing/index.ts';
import { Emulator } from '../../testing/index.ts';
import { number, option, text } from '../command/arguments.ts';
import type { Command, CommandContext, GivenArguments } from '../command/command.ts';
import { defineCommand } from '../command/command.ts';
import { CommandFailure, exitCodes } from '../command/command-failure.ts';
import { faultNames, readFaultPlan } from './fault-plan.ts';
import { introOf, lineOf, summaryOf } from './request-lines.ts';

const options = {
  port: option(
    'N',
    number({ min: 0, max: 65_535, whole: true }),
    'the port on 127.0.0.1 (a free one)',
  ),
  rtt: option(
    'MS',
    number({ min: 0, max: 60_000, unit: 'milliseconds' }),
    'the round trip of each request in milliseconds',
    0,
  ),
  faults: option(
    'PLAN',
    text('a plan, such as status=0.05,dropAfter=0.02'),
    'what goes wrong, at random',
  ),
  seed: option(
    'N',
    number({ min: 0, max: 2 ** 32 - 1, whole: true }),
    'the same faults and ids for the same seed and calls',
    1,
  ),
};

const width = Math.max(...Object.keys(faultNames).map(({ length }) => length));
const faultLines = Object.entries(faultNames).map(
  ([name, what]) => `    ${name.padEnd(width)}  ${what}`,
);

export const emulator: Command = defineCommand({
  name: 'emulator',
  summary: 'the API on this machine, with a line for each request, and faults by plan',
  about:
    'A local server that is the API as far as its rules are known: it keeps state in memory, refuses what breaks the contract, and fails where it is told to. It needs no account and no network.',
  options,
  notes: `It prints what to put into the environment of a client, then a line for each request: when it was
answered, method and route, status ("dropped" where there was no whole answer), items and what
became of them, bytes, milliseconds, and the fault that fired. Ctrl-C ends it, with a summary.

PLAN is a list of rates from 0 to 1, such as status=0.05,dropAfter=0.02. A request has one of these
at most, so that their rates add up to 1 or less. It is a bulk request, unless the list has
on=single, on=ping, on=any, or one single endpoint, such as on=agent_instances/register:
${faultLines.join('\n')}
The last two are rates of items. PLAN may also be a JSON text, or @FILE for a file of it: the whole
FaultPlan of prefactor-autobatch/testing, for example
  {"rates":{"status":0.1,"delay":0.2},"statuses":[429],"retryAfter":1,"maxDelayMs":500}`,
  exitCodes: '0 ended by Ctrl-C, 1 it could not listen, 2 the command line is wrong.',
  examples: [
    'prefactor-autobatch emulator',
    'prefactor-autobatch emulator --port 4010 --rtt 40 --faults itemPermanent=0.01,status=0.05',
  ],
  execute,
});

/** The one token that it takes; it protects nothing. */
const token = 'emulator-token';

async function execute(
  { options: { port = 0, rtt, faults, seed } }: GivenArguments<typeof options>,
  { stdout, interrupted }: CommandContext,
): Promise<number> {
  const api = new Emulator({
    token,
    latencyMs: rtt,
    seed,
    ...(faults !== undefined && { faults: await readFaultPlan(faults) }),
    // It may run for days, and the lists of the report would grow without end.
    record: false,
    onAnswer: (answered) => void stdout.write(lineOf(answered, new Date())),
  });
  const server = await listen(api, port);
  stdout.write(introOf(server.url, token));
  if (!interrupted.aborted) await once(interrupted, 'abort');
  await server.close();
  stdout.write(summaryOf(api.report()));
  return exitCodes.ok;
}

async function listen(api: Emulator, port: number): Promise<EmulatorServer> {
  try {
    return await api.listen(port);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const known: Readonly<Record<string, string>> = {
      EADDRINUSE: `Port ${port} is taken. Name another one with --port, or none for a free one.`,
      EACCES: `This user may not listen on port ${port}. Name one above 1023 with --port.`,
    };
    throw new CommandFailure(
      known[String(code)] ?? `The emulator cannot listen on port ${port} (${String(code)}).`,
    );
  }
}
