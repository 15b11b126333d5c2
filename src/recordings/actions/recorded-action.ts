/** Recorded actions, as lines of an action file say them: their types and fields; see examples/README.md. */
import * as z from 'zod';
import type { JsonObject } from './json.ts';
import { asNumber, isJsonObject } from './json.ts';
import { MAX_RECORDED_MS, readTime } from './recorded-time.ts';

/** The values of fields, by the kinds that the tables below name. */
interface RecordedFieldValues {
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

type RecordedFields<Table> = {
  readonly [Field in keyof Table]: Table[Field] extends `${infer Kind extends keyof RecordedFieldValues}?`
    ? RecordedFieldValues[Kind] | undefined
    : RecordedFieldValues[Table[Field] & keyof RecordedFieldValues];
};

type RecordedActionType = keyof typeof ofType;

export type RecordedActionOf<Type extends RecordedActionType> = {
  readonly type: Type;
} & RecordedFields<typeof common> &
  RecordedFields<typeof ofRun> &
  RecordedFields<(typeof ofType)[Type]>;

export type RecordedAction = {
  [Type in RecordedActionType]: RecordedActionOf<Type>;
}[RecordedActionType];

/** Whether a span is created as a whole, without a finish of its own. */
export function isWholeSpan({ status }: RecordedActionOf<'agent_spans/create'>): boolean {
  return status === 'complete' || status === 'failed' || status === 'cancelled';
}

/** When a span began and, if it is created as a whole, ended: as its line says, else at `time`. */
export function spanTimes(
  action: RecordedActionOf<'agent_spans/create'>,
  time: string,
): { readonly started_at: string; readonly finished_at: string | undefined } {
  const { started_at = time, finished_at = isWholeSpan(action) ? time : undefined } = action;
  return { started_at, finished_at };
}

/** Objects in a registration whose fields are those of the API; what stands in others is passed on as it is. */
export const recordedRegistrationObjects: ReadonlySet<string> = new Set([
  'payload',
  'agent_version',
  'runtime_environment',
  'agent_schema_version',
]);

// Not z.object: zod would copy it, and leave `__proto__` out.
const object = z.custom<JsonObject>(isJsonObject, 'must be an object');
const name = z.string().min(1);

const fieldKinds: {
  readonly [Kind in keyof RecordedFieldValues]: z.ZodType<RecordedFieldValues[Kind]>;
} = {
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

/** The fields of the tables and no others. */
function actionSchema(type: RecordedActionType): z.ZodType<RecordedAction> {
  const table = { ...common, ...(type !== 'agent_instances/register' && ofRun), ...ofType[type] };
  const shape = Object.entries(table).map(([field, word]) => {
    const kind = fieldKinds[word.replace('?', '') as keyof RecordedFieldValues];
    return [field, word.endsWith('?') ? kind.optional() : kind];
  });
  const fields: Readonly<Record<string, z.ZodType>> = Object.fromEntries(shape);
  const schema: z.ZodType = z.strictObject({ ...fields, type: z.literal(type) });
  return schema as z.ZodType<RecordedAction>;
}

export const recordedActionSchemas: ReadonlyMap<unknown, z.ZodType<RecordedAction>> = new Map(
  (Object.keys(ofType) as RecordedActionType[]).map((type) => [type, actionSchema(type)]),
);
