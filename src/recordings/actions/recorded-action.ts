/** What a line of an action file says: one action of a recorded run; see examples/README.md. */
import * as z from 'zod';
import type { JsonObject } from './exact-json.ts';
import { asNumber, isJsonObject, parseExactly } from './exact-json.ts';
import { MAX_RECORDED_MS, readTime } from './recorded-time.ts';

/** The values of fields, by the kinds that the tables below name. */
interface Values {
  readonly name: string;
  readonly key: string;
  readonly time: string;
  readonly ms: number;
  readonly flag: boolean;
  readonly object: JsonObject;
  readonly objectOrNull: JsonObject | null;
  readonly registration: JsonObject;
}

/** Fields of all actions; `?` marks one that may be left out. `t` is in milliseconds: see examples/README.md. */
const common = { t: 'ms?', idempotency_key: 'key?' } as const;

/** The run of an action by its name in the file, or by its id where no line registers it. */
const ofRun = { instance: 'name?', agent_instance_id: 'name?' } as const;

/** Fields of each type: those of the API (docs/internals/api.md, "Actions"), with names in the place of ids. */
const ofType = {
  'agent_instances/register': { instance: 'name', payload: 'registration?' },
  'agent_instances/start': { timestamp: 'time?' },
  'agent_instances/record_quality': { name: 'name', payload: 'objectOrNull' },
  'agent_instances/finish': { status: 'name?', timestamp: 'time?' },
  'agent_spans/create': {
    span: 'name',
    parent: 'name?',
    parent_span_id: 'name?',
    id: 'name?',
    schema_name: 'name',
    status: 'name',
    payload: 'object?',
    result_payload: 'object?',
    started_at: 'time?',
    finished_at: 'time?',
    sensitive_encoding: 'flag?',
  },
  'agent_spans/finish': {
    span: 'name?',
    agent_span_id: 'name?',
    status: 'name?',
    result_payload: 'object?',
    timestamp: 'time?',
    sensitive_encoding: 'flag?',
  },
} as const;

type FieldsOf<Table> = {
  readonly [Field in keyof Table]: Table[Field] extends `${infer Kind extends keyof Values}?`
    ? Values[Kind] | undefined
    : Values[Table[Field] & keyof Values];
};

type ActionType = keyof typeof ofType;

export type ActionOf<Type extends ActionType> = {
  readonly type: Type;
} & FieldsOf<typeof common> &
  FieldsOf<typeof ofRun> &
  FieldsOf<(typeof ofType)[Type]>;

export type RecordedAction = { [Type in ActionType]: ActionOf<Type> }[ActionType];

/** Whether a span is created as a whole, without a finish of its own. */
export function isWholeSpan({ status }: ActionOf<'agent_spans/create'>): boolean {
  return status === 'complete' || status === 'failed' || status === 'cancelled';
}

/** When a span began and, if it is created as a whole, ended: as its line says, else at `time`. */
export function spanTimes(
  action: ActionOf<'agent_spans/create'>,
  time: string,
): { readonly started_at: string; readonly finished_at: string | undefined } {
  const { started_at = time, finished_at = isWholeSpan(action) ? time : undefined } = action;
  return { started_at, finished_at };
}

/** What a bad line would have made, by its names in the file. */
export interface Unmade {
  readonly instance: string;
  /** Left out where it is the run itself. */
  readonly span?: string;
}

/** The action of a line, or the fault of the line. */
export type ParsedLine =
  | { readonly kind: 'action'; readonly action: RecordedAction }
  | {
      readonly kind: 'problem';
      readonly problem: string;
      /** False where it may be the first part of a line. */
      readonly isJson: boolean;
      readonly unmade?: Unmade | undefined;
    };

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
  const fields = normalised(value, ignored);
  const schema = actionSchemas.get(fields['type']);
  if (schema === undefined) {
    const problem = `"type" must be one of ${ACTION_TYPES.join(', ')}.`;
    return { kind: 'problem', problem, isJson: true };
  }
  const { data, error } = schema.safeParse(fields, { error: issueWords });
  if (data !== undefined) return { kind: 'action', action: data };
  const [issue] = error.issues;
  const problem = issue === undefined ? 'This is no action.' : problemOf(issue, fields);
  return { kind: 'problem', problem, isJson: true, unmade: unmadeBy(fields) };
}

/** Objects in a registration whose fields are those of the API; what stands in others is passed on as it is. */
export const declaredObjects: ReadonlySet<string> = new Set([
  'payload',
  'agent_version',
  'runtime_environment',
  'agent_schema_version',
]);

/** Without the ignored fields, and without null, which says nothing, except as the payload of a quality. */
function normalised(line: JsonObject, ignored: ReadonlySet<string> | undefined): JsonObject {
  const isRegistration = line['type'] === 'agent_instances/register';
  const nullable = line['type'] === 'agent_instances/record_quality' ? 'payload' : undefined;
  const pick = (from: JsonObject, path: string): JsonObject => {
    const picked: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(from)) {
      if (ignored?.has(path + name) || (value === null && name !== nullable)) continue;
      const isPicked = isRegistration && declaredObjects.has(name) && isJsonObject(value);
      picked[name] = isPicked ? pick(value, `${path}${name}.`) : value;
    }
    return picked;
  };
  return pick(line, '');
}

function unmadeBy({ type, instance, span }: JsonObject): Unmade | undefined {
  if (typeof instance !== 'string') return undefined;
  if (type === 'agent_instances/register') return { instance };
  if (type !== 'agent_spans/create' || typeof span !== 'string') return undefined;
  return { instance, span };
}

/** Our words for the messages of zod; those of `custom` are ours already. */
function issueWords(issue: z.core.$ZodRawIssue): string | undefined {
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

// Not z.object: zod would copy it, and leave `__proto__` out.
const object = z.custom<JsonObject>(isJsonObject, 'must be an object');
const name = z.string().min(1);

const fieldKinds: { readonly [Kind in keyof Values]: z.ZodType<Values[Kind]> } = {
  name,
  key: z.custom<string>(
    (value) => typeof value === 'string' && value.length >= 8 && value.length <= 64,
    'must be text of 8 to 64 characters',
  ),
  time: z.custom<string>(
    (value) => typeof value === 'string' && readTime(value) !== undefined,
    'must be a time such as 2026-09-01T08:00:00.000Z',
  ),
  ms: z.preprocess(asNumber, z.number().min(-MAX_RECORDED_MS).max(MAX_RECORDED_MS)),
  flag: z.boolean(),
  object,
  objectOrNull: object.nullable(),
  registration: partial({
    agent_id: name,
    environment_id: name,
    agent_version: partial({
      external_identifier: z.string(),
      name: z.string(),
      description: z.string(),
      runtime_environment: partial({
        agent_sdk: z.array(z.string()),
        os: z.string(),
        prefactor_sdk: z.array(z.string()),
        runtime: z.string(),
      }),
    }),
    agent_schema_version: partial({
      external_identifier: z.string(),
      span_type_schemas: z.array(object),
      span_schemas: object,
      span_result_schemas: object,
      quality_schemas: z.array(object),
    }),
    id: name,
    external_identifier: name,
    update_current_version: z.boolean(),
    purpose: z.string(),
  }),
};

/** These fields and no others, each of which may be left out. */
function partial(shape: Readonly<Record<string, z.ZodType>>): z.ZodType<JsonObject> {
  return z.strictObject(shape).partial();
}

const ACTION_TYPES = Object.keys(ofType) as ActionType[];

/** The fields of the tables and no others. */
function actionSchema(type: ActionType): z.ZodType<RecordedAction> {
  const table = { ...common, ...(type !== 'agent_instances/register' && ofRun), ...ofType[type] };
  const shape = Object.entries(table).map(([field, word]) => {
    const kind = fieldKinds[word.replace('?', '') as keyof Values];
    return [field, word.endsWith('?') ? kind.optional() : kind];
  });
  const fields: Readonly<Record<string, z.ZodType>> = Object.fromEntries(shape);
  const schema: z.ZodType = z.strictObject({ ...fields, type: z.literal(type) });
  return schema as z.ZodType<RecordedAction>;
}

const actionSchemas: ReadonlyMap<unknown, z.ZodType<RecordedAction>> = new Map(
  ACTION_TYPES.map((type) => [type, actionSchema(type)]),
);
