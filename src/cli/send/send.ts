import { randomUUID } from 'node:crypto';
import type { AutobatchClient } from '../../index.ts';
import type { ActionFile } from '../../recordings/actions/action-file.ts';
import { openActionFile } from '../../recordings/actions/action-file.ts';
import type { NumberedLine } from '../../recordings/actions/action-line.ts';
import { RecordedClock, recordedTimes } from '../../recordings/actions/recorded-time.ts';
import { RecordedCalls } from '../../recordings/calls/recorded-calls.ts';
import { deploymentOf } from '../api/api-requests.ts';
import type { OptionValues } from '../command/arguments.ts';
import { either, group, names, number, oneOf, option, text, time } from '../command/arguments.ts';
import type { Command, CommandContext } from '../command/command.ts';
import { defineCommand } from '../command/command.ts';
import { wrongUsage } from '../command/failures-exit-codes.ts';
import { destinationOptions, destinationProblem } from '../sending/destination.ts';
import type { ActionSource } from '../sending/sending.ts';
import { sendActions, sendingOptions } from '../sending/sending.ts';
import { textOf } from '../sending/summary.ts';
import { fileIdentities } from './identities.ts';

const options = {
  ...destinationOptions,
  ...group('What of it', {
    ignore: option(
      'FIELD,...',
      names('names of fields, separated by commas'),
      'leaves fields out that the API does not have; else a line with one is bad',
    ),
    'missing-parents': option(
      'root|skip',
      oneOf('root', 'skip'),
      'what becomes of a span whose parent is not in the file: a root, or left out with all within it; without it, the line is bad',
    ),
    failed: option('FILE', text('a path'), 'writes the lines that can be sent again to a new file'),
  }),
  ...group('When, and which', {
    speed: option(
      'N|max',
      either(oneOf('max'), number({ min: 0.001 })),
      'N times as fast as recorded, or as fast as there is room. At most 10,000 actions are pending, so memory does not grow with the file',
      'max',
    ),
    times: option(
      'recorded|sent',
      oneOf('recorded', 'sent'),
      'the time that each action bears: as recorded, or when it is sent',
      'recorded',
    ),
    start: option('TIME', time, 'when the recording began; without it, when the file was made'),
    again: option(
      'WORD',
      text('a word of your own'),
      'sends once more what was sent before. Without it, a second time doubles nothing: keys and ids come from the name and the lines of the file',
    ),
  }),
  ...sendingOptions,
};
type SendOptions = OptionValues<typeof options>;

export const send: Command = defineCommand({
  name: 'send',
  summary: 'the actions of a file, through the client, to the API or to an emulator',
  about: 'Sends the actions of a file through the client, and says what became of them.',
  file: {
    usage: 'FILE',
    help: 'recorded agent runs, one action a line (NDJSON), plain or gzip; - is the standard input',
  },
  options,
  notes: 'The summary goes to standard output, progress and all else to standard error.',
  exitCodes:
    '0 every action succeeded, or was sent before, 1 something failed, 2 the command line is wrong, 130 interrupted: what was sent by then is in the summary.',
  examples: [
    'prefactor-autobatch send runs.ndjson --emulate',
    'prefactor-autobatch send runs.ndjson.gz --emulate --rtt 100 --speed 10',
    'my-agent --record - | prefactor-autobatch send - --json',
  ],
  async execute(given, context) {
    const { file: path = '', options } = given;
    const wrong = argumentsProblem(path, options);
    if (wrong !== undefined) throw wrongUsage('send', wrong);
    const file = await openActionFile(path, context.stdin);
    return sendActions(
      {
        command: 'send',
        path,
        source: new PacedActions(file, options),
        options,
        callsWith: (client) => recordedCalls(client, file, options, context.env),
        report: (summary) =>
          options.json ? `${JSON.stringify(summary, null, 2)}\n` : textOf(summary),
      },
      context,
    );
  },
});

/** What is wrong with the arguments, though each of them is right. */
function argumentsProblem(path: string, options: SendOptions): string | undefined {
  if (path === '') return 'Name an action file, or - for the standard input.';
  if (options.start !== undefined && options.times === 'sent') {
    return '--start is of no use with --times sent.';
  }
  return destinationProblem(options);
}

/** The lines of a file, each held back until its time. */
class PacedActions implements ActionSource {
  readonly #file: ActionFile;
  readonly #options: SendOptions;

  constructor(file: ActionFile, options: SendOptions) {
    this.#file = file;
    this.#options = options;
  }

  get bytesRead(): number {
    return this.#file.bytesRead;
  }

  get size(): number | undefined {
    return this.#file.origin.size;
  }

  async *lines(stopped: AbortSignal): AsyncGenerator<NumberedLine> {
    const { ignore, speed } = this.#options;
    const clock = new RecordedClock(speed);
    for await (const line of this.#file.lines(new Set(ignore))) {
      if (line.kind === 'action') await clock.until(line.action.t, stopped);
      yield line;
    }
  }

  close(): void {
    this.#file.close();
  }
}

/** The calls of the file's actions: what they are registered for, their times, keys and ids. */
function recordedCalls(
  client: AutobatchClient,
  file: ActionFile,
  { times, start, ids, again, 'missing-parents': missingParents }: SendOptions,
  env: CommandContext['env'],
): RecordedCalls {
  const deployment = deploymentOf(env);
  const { agent_id = '', environment_id = '' } = deployment;
  const { name, madeAt } = file.origin;
  // A stream has no name by which it could be known the next time.
  const source = name === undefined ? ['-', again ?? randomUUID()] : [name, again ?? ''];
  const identify = fileIdentities([...source, agent_id, environment_id], ids);
  const began = start ?? madeAt ?? Date.now();
  const timeOf = times === 'sent' ? undefined : recordedTimes(began);
  return new RecordedCalls({ client, deployment, timeOf, identify, missingParents });
}
