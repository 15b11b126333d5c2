import { once } from 'node:events';
import type { AnsweredRequest, EmulatorReport, EmulatorServer } from '../../testing/index.ts';
import { Emulator } from '../../testing/index.ts';
import { EMULATOR_TOKEN } from '../../testing/options/emulator-options.ts';
import { number, option, text } from '../command/arguments.ts';
import type { Command } from '../command/command.ts';
import { defineCommand } from '../command/command.ts';
import { CommandFailure, exitCodes } from '../command/failures-exit-codes.ts';
import { amount, bytes, some, table } from '../terminal/figures.ts';
import { printableLine } from '../terminal/printable.ts';
import { faultsHelp, readFaultPlan } from './fault-plan.ts';

/** How the emulator behaves. */
export const behaviour = {
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

export const aPort = number({ min: 0, max: 65_535, whole: true });

const options = {
  port: option('N', aPort, 'the port on 127.0.0.1 (a free one)'),
  ...behaviour,
};

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
${faultsHelp}
The last two are rates of items. PLAN may also be a JSON text, or @FILE for a file of it: the whole
FaultPlan of prefactor-autobatch/testing, for example
  {"rates":{"status":0.1,"delay":0.2},"statuses":[429],"retryAfter":1,"maxDelayMs":500}`,
  exitCodes: '0 ended by Ctrl-C, 1 it could not listen, 2 the command line is wrong.',
  examples: [
    'prefactor-autobatch emulator',
    'prefactor-autobatch emulator --port 4010 --rtt 40 --faults itemPermanent=0.01,status=0.05',
  ],
  async execute({ options: { port = 0, rtt, faults, seed } }, { stdout, interrupted }) {
    const api = new Emulator({
      latencyMs: rtt,
      seed,
      ...(faults !== undefined && { faults: await readFaultPlan(faults) }),
      // It may run for days, and the lists of the report would grow without end.
      record: false,
      onAnswer: (answered) => void stdout.write(requestLine(answered, new Date())),
    });
    const server = await listenEmulator(api, port);
    stdout.write(`The emulator listens at

  ${server.url}

In the shell of a client:

  export PREFACTOR_API_URL=${server.url}
  export PREFACTOR_API_TOKEN=${EMULATOR_TOKEN}

Ctrl-C ends it.

`);
    if (!interrupted.aborted) await once(interrupted, 'abort');
    await server.close();
    stdout.write(emulatorSummary(api.report()));
    return exitCodes.ok;
  },
});

export async function listenEmulator(api: Emulator, port: number): Promise<EmulatorServer> {
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

/** A line for a request, and one below it for each unknown field and each breach of the contract. */
function requestLine(answered: AnsweredRequest, at: Date): string {
  const { route, status, ms, faults, unknownFields, breaches } = answered;
  const parts = [
    localTime(at),
    route,
    String(status),
    ...(answered.items > 0 ? [itemCounts(answered)] : []),
    bytes(answered.bytes),
    `${amount(Math.round(ms))} ms`,
    ...(faults.length > 0 ? [`fault: ${faults.join(', ')}`] : []),
  ];
  const lines = [
    parts.join('  '),
    ...unknownFields.map((field) => `  unknown field: ${printableLine(field)}`),
    ...breaches.map((breach) => `  breach: ${printableLine(breach)}`),
  ];
  return `${lines.join('\n')}\n`;
}

const MAX_BREACHES_SHOWN = 10;

function emulatorSummary(report: EmulatorReport): string {
  const { requests, items, replays, unknownFields, breaches, faults } = report;
  const fired = Object.entries(faults).map(([kind, times]) => `${kind} ${amount(times)}`);
  const more = breaches.length - MAX_BREACHES_SHOWN;
  return [
    '',
    ...table(10, [
      ['requests', amount(requests.all), `${amount(requests.bulk)} bulk`, bytes(report.bytes)],
      ['items', amount(items), `${amount(replays)} answered from the store`],
      ['faults', ...(fired.length > 0 ? fired : ['none'])],
      ...(unknownFields.length > 0 ? [['unknown', `${amount(unknownFields.length)} fields`]] : []),
      ['breaches', breaches.length > 0 ? amount(breaches.length) : 'none'],
    ]),
    ...breaches.slice(0, MAX_BREACHES_SHOWN).map((breach) => `  ${printableLine(breach)}`),
    ...(more > 0 ? [`  and ${amount(more)} more`] : []),
    '',
  ].join('\n');
}

/** `100 items: 36 succeeded, 1 failed, 63 skipped`; if none ran, only their number. */
function itemCounts({ items, succeeded, replayed, failed, skipped }: AnsweredRequest): string {
  const count = `${amount(items)} ${items === 1 ? 'item' : 'items'}`;
  const stored = replayed > 0 ? ` (${amount(replayed)} from the store)` : '';
  const became = [
    ...some(succeeded, `succeeded${stored}`),
    ...some(failed, 'failed'),
    ...some(skipped, 'skipped'),
  ];
  return became.length === 0 ? count : `${count}: ${became.join(', ')}`;
}

/** The local time: 15:00:04.326. */
function localTime(at: Date): string {
  return `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
