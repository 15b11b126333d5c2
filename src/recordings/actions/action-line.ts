/** Lines of an action file: each says one action, or has a problem. */
import type * as z from 'zod';
import type { JsonObject } from './json.ts';
import { isJsonObject, parseExactly } from './json.ts';
import type { RecordedAction } from './recorded-action.ts';
import { recordedActionSchemas, recordedRegistrationObjects } from './recorded-action.ts';

/** What a bad line would have made, by its names in the file. */
export interface UnmadeByLine {
  readonly instance: string;
  /** Left out where it is the run itself. */
  readonly span?: string;
}

/** The action of a line, or the problem of the line. */
export type ParsedLine =
  | { readonly kind: 'action'; readonly action: RecordedAction }
  | {
      readonly kind: 'problem';
      readonly problem: string;
      /** False where it may be the first part of a line. */
      readonly isJson: boolean;
      readonly unmade?: UnmadeByLine | undefined;
    };

/** A line of the file, from 1, and what it says. Blank lines are left out, but counted. */
export type NumberedLine = { readonly number: number; readonly text: string } & ParsedLine;
export type ActionLine = Extract<NumberedLine, { readonly kind: 'action' }>;

/**
 * Reads one line, which is not blank. `ignored` are fields that are left out where they stand, by the
 * names that a problem gives them: `tags`, `payload.agent_version.color`.
 */
export function parseLine(line: string, ignored?: ReadonlySet<string>): ParsedLine {
  let value: unknown;
  try {
    value = parseExactly(line);
  } catch {
    return { kind: 'problem', problem: 'This is no line of JSON.', isJson: false };
  }
  if (!isJsonObject(value)) {
    return { kind: 'problem', problem: 'This is no object of JSON.', isJson: true };
  }
  const fields = actionFields(value, ignored);
  const schema = recordedActionSchemas.get(fields['type']);
  if (schema === undefined) {
    const problem = `"type" must be one of ${[...recordedActionSchemas.keys()].join(', ')}.`;
    return { kind: 'problem', problem, isJson: true };
  }
  const { data, error } = schema.safeParse(fields, { error: lineIssueWords });
  if (data !== undefined) return { kind: 'action', action: data };
  const [issue] = error.issues;
  const problem = issue === undefined ? 'This is no action.' : problemOf(issue, fields);
  return { kind: 'problem', problem, isJson: true, unmade: unmadeBy(fields) };
}

/** Without the ignored fields, and without null, which says nothing, except as the payload of a quality. */
function actionFields(line: JsonObject, ignored: ReadonlySet<string> | undefined): JsonObject {
  const isRegistration = line['type'] === 'agent_instances/register';
  const nullable = line['type'] === 'agent_instances/record_quality' ? 'payload' : undefined;
  const pick = (from: JsonObject, path: string): JsonObject => {
    const picked: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(from)) {
      if (ignored?.has(path + name) || (value === null && name !== nullable)) continue;
      const isPicked =
        isRegistration && recordedRegistrationObjects.has(name) && isJsonObject(value);
      picked[name] = isPicked ? pick(value, `${path}${name}.`) : value;
    }
    return picked;
  };
  return pick(line, '');
}

function unmadeBy({ type, instance, span }: JsonObject): UnmadeByLine | undefined {
  if (typeof instance !== 'string') return undefined;
  if (type === 'agent_instances/register') return { instance };
  if (type !== 'agent_spans/create' || typeof span !== 'string') return undefined;
  return { instance, span };
}

/** Our words for the messages of zod; those of `custom` are ours already. */
function lineIssueWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined) return 'is missing';
  if (issue.code === 'too_small' && issue.origin === 'string') return 'is empty';
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    return 'is no time that a date can be';
  }
  return issue.code === 'invalid_type' ? `must be ${typeWords[issue.expected]}` : undefined;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  array: 'an array',
  object: 'an object',
};

function problemOf(
  { code, path, message, ...rest }: z.core.$ZodIssue,
  { type }: JsonObject,
): string {
  if (code === 'unrecognized_keys' && 'keys' in rest) {
    const [unknown = ''] = rest.keys;
    const field = [...path, unknown].join('.');
    return `"${field}" is no field of ${String(type)}; --ignore ${field} leaves it out.`;
  }
  return path.length === 0 ? `This ${message}.` : `"${path.join('.')}" ${message}.`;
}
