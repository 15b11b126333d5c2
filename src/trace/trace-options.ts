import type { Logger } from '../lib/logger.ts';
import { aLogger, loggerOf } from '../lib/logger.ts';
import { unpolluted } from '../lib/own-fields.ts';
import type { CheckTable, ValueCheck } from '../lib/value-checks.ts';
import { describeValue, integerFrom, problemsOf } from '../lib/value-checks.ts';
import { problemOfPath } from './redaction.ts';

/** What is recorded, and how much of it. */
export interface TraceOptions {
  /**
   * Paths of what is recorded as '[redacted]': `apiKey`, `headers.authorization`, `messages.*.content`, `**.password`.
   * Each is looked for in every input, output and error, and in all attributes, from its top on. `*` stands for one name
   * or place, `**` for any number of them; case does not count. What is redacted is not even read.
   * @default []
   */
  readonly redact?: readonly string[] | undefined;
  /**
   * Open runs. One more, and the one in which nothing has happened for the longest time is ended as cancelled; what comes
   * later in it is not recorded. 1 to 1,000,000.
   * @default 1_000
   */
  readonly maxOpenRuns?: number | undefined;
  /**
   * Open spans of one run. One more, and the one that has been without open children for the longest time is ended as
   * cancelled. 1 to 1,000,000.
   * @default 10_000
   */
  readonly maxOpenSpans?: number | undefined;
  /**
   * Bytes, as JSON, that are recorded of an input, an output, an error or attributes. 10,000 to 2,000,000, so that an
   * item with all of them is below the client's `maxItemBytes`.
   * @default 1_000_000
   */
  readonly maxValueBytes?: number | undefined;
  /** Characters that are recorded of one text. 100 to 2,000,000. @default 250_000 */
  readonly maxTextLength?: number | undefined;
  /** Levels of objects and lists within each other. 1 to 100. @default 20 */
  readonly maxDepth?: number | undefined;
  /** Fields or elements of one object or list. 1 to 1,000,000. @default 1_000 */
  readonly maxEntries?: number | undefined;
  /** Hears of what is not recorded, once of each kind; `false`: nobody does. @default the console */
  readonly logger?: Logger | false | undefined;
}

/** The options in use: checked, and complete. */
export type CheckedTraceOptions = {
  readonly [Name in keyof TraceOptions]-?: Exclude<TraceOptions[Name], undefined | false>;
};

/** Throws a `TypeError` that says all that is wrong. */
export function checkTraceOptions(given: TraceOptions): CheckedTraceOptions {
  const problems = problemsOf(given, optionChecks, 'options');
  if (problems.length > 0) throw new TypeError(`${problems.join('; ')}.`);
  const options = unpolluted(given);
  return {
    redact: [...(options.redact ?? [])],
    maxOpenRuns: options.maxOpenRuns ?? 1_000,
    maxOpenSpans: options.maxOpenSpans ?? 10_000,
    maxValueBytes: options.maxValueBytes ?? 1_000_000,
    maxTextLength: options.maxTextLength ?? 250_000,
    maxDepth: options.maxDepth ?? 20,
    maxEntries: options.maxEntries ?? 1_000,
    logger: loggerOf(options.logger),
  };
}

const pathsCheck: ValueCheck = (value) => {
  if (!Array.isArray(value)) return `must be an array of paths, but it is ${describeValue(value)}`;
  const problems = value.flatMap((path) => {
    const problem = problemOfPath(path);
    return problem === undefined ? [] : [`has the path ${describeValue(path)}, which ${problem}`];
  });
  return problems.length === 0 ? undefined : problems.join('; ');
};

const optionChecks: CheckTable = {
  redact: pathsCheck,
  maxOpenRuns: integerFrom(1, 1_000_000),
  maxOpenSpans: integerFrom(1, 1_000_000),
  maxValueBytes: integerFrom(10_000, 2_000_000),
  maxTextLength: integerFrom(100, 2_000_000),
  maxDepth: integerFrom(1, 100),
  maxEntries: integerFrom(1, 1_000_000),
  logger: aLogger,
};
