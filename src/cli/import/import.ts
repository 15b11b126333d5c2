import type { AutobatchClient } from '../../index.ts';
import { openActionFile } from '../../recordings/actions/action-file.ts';
import type { RecordedAction } from '../../recordings/actions/recorded-action.ts';
import { RecordedCalls } from '../../recordings/calls/recorded-calls.ts';
import { problemOfPath } from '../../trace/redaction.ts';
import { deploymentOf } from '../api/api-requests.ts';
import type { OptionValues } from '../command/arguments.ts';
import { group, names, option, text } from '../command/arguments.ts';
import type { Command, CommandContext } from '../command/command.ts';
import { defineCommand } from '../command/command.ts';
import { wrongUsage } from '../command/failures-exit-codes.ts';
import { destinationOptions, destinationProblem } from '../sending/destination.ts';
import { sendActions, sendingOptions } from '../sending/sending.ts';
import type { Summary } from '../sending/summary.ts';
import { textOf } from '../sending/summary.ts';
import { some, table } from '../terminal/figures.ts';
import { formats } from './formats/tables.ts';
import { spanIdentities } from './identities.ts';
import { ImportedActions } from './imported-actions.ts';
import type { Found } from './span-index.ts';

const options = {
  ...destinationOptions,
  ...group('What of it', {
    failed: option(
      'FILE',
      text('a path'),
      'writes the actions that failed to a new file, which "send" can send again',
    ),
    redact: option(
      'PATH,...',
      names('paths of fields, separated by commas'),
      'sends [redacted] for what is named so in inputs, outputs, errors and metadata, as traced does: headers.cookie, messages.*.content, **.password. Without it, all goes as it was recorded',
    ),
    again: option(
      'WORD',
      text('a word of your own'),
      'imports once more what was imported before. Without it, a second time doubles nothing: keys and ids come from the ids of traces and spans',
    ),
  }),
  ...sendingOptions,
};
type ImportOptions = OptionValues<typeof options>;

export const importCommand: Command = defineCommand({
  name: 'import',
  summary: 'traces of OpenTelemetry, Langfuse or LangSmith, from a file, with their times',
  about:
    'Imports recorded traces: each becomes a run, and its spans become spans, with their recorded times. The file is read twice, once for the tree and once for the spans; only the tree is kept in memory.',
  word: {
    usage: 'KIND',
    words: Object.keys(formats),
    help: 'otlp: OTLP as JSON, or spans as an SDK writes them; langfuse: traces with observations; langsmith: runs',
  },
  file: {
    usage: 'FILE',
    help: 'one JSON text, lists, or one text a line; plain or gzip; - is the standard input. gzip and streams are copied to a temporary file',
  },
  options,
  notes: 'The summary goes to standard output, progress and all else to standard error.',
  exitCodes:
    '0 everything was imported, or was before, 1 something failed, 2 the command line is wrong, 130 interrupted: the same command goes on where it stopped.',
  examples: [
    'prefactor-autobatch import otlp traces.jsonl.gz --emulate',
    'prefactor-autobatch import langfuse trace.json',
    'prefactor-autobatch import langsmith runs.jsonl --json',
  ],
  async execute({ word, file: path = '', options }, context) {
    const wrong = argumentsProblem(path, options);
    if (wrong !== undefined) throw wrongUsage('import', wrong);
    const file = await openActionFile(path, context.stdin);
    const format = formats[word as keyof typeof formats];
    const source = new ImportedActions(file, {
      format,
      again: options.again,
      redact: options.redact,
    });
    return sendActions(
      {
        command: 'import',
        path,
        source,
        options,
        callsWith: (client) => importedCalls(client, options, context.env),
        report: (summary) => reportOf(summary, source.found, options),
      },
      context,
    );
  },
});

/** What is wrong with the arguments, though each of them is right. */
function argumentsProblem(path: string, options: ImportOptions): string | undefined {
  if (path === '') return 'Name a file, or - for the standard input.';
  for (const redacted of options.redact ?? []) {
    const problem = problemOfPath(redacted);
    if (problem !== undefined) return `--redact: "${redacted}" ${problem}.`;
  }
  return destinationProblem(options);
}

function importedCalls(
  client: AutobatchClient,
  { again = '', ids }: ImportOptions,
  env: CommandContext['env'],
): RecordedCalls {
  const deployment = deploymentOf(env);
  const { agent_id = '', environment_id = '' } = deployment;
  const identify = spanIdentities([agent_id, environment_id, again], ids);
  return new RecordedCalls({ client, deployment, timeOf: timeOfAction, identify });
}

/** Each has one of its own, but a registration needs none. */
function timeOfAction(action: RecordedAction): string {
  const time = 'started_at' in action ? action.started_at : undefined;
  return (
    time ?? ('timestamp' in action ? action.timestamp : undefined) ?? new Date(0).toISOString()
  );
}

function reportOf(summary: Summary, found: Found, { json }: ImportOptions): string {
  if (json) return `${JSON.stringify({ ...summary, found }, null, 2)}\n`;
  return `${textOf(summary)}${foundRows(found).join('\n')}\n`;
}

function foundRows(found: Found): readonly string[] {
  const { traces, spans, duplicates, withoutParent, inCircles, neverEnded, otherRecords } = found;
  const roots = [
    ...some(withoutParent, 'span without its parent', 'spans without their parents'),
    ...some(inCircles, 'circle of parents', 'circles of parents'),
  ];
  return table(12, [
    [
      'in the file',
      ...(traces === 0 ? ['no trace'] : some(traces, 'trace', 'traces')),
      ...some(spans, 'span', 'spans'),
      ...some(duplicates, 'duplicate', 'duplicates'),
      ...some(otherRecords, 'other record', 'other records'),
    ],
    ...(roots.length === 0 ? [] : [['as roots', ...roots]]),
    ...(neverEnded.spans === 0
      ? []
      : [
          [
            'never ended',
            ...some(neverEnded.spans, 'span', 'spans'),
            ...some(neverEnded.traces, 'trace', 'traces'),
          ],
        ]),
  ]);
}
