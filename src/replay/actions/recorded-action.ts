/** What a line of an action file says: one action of a recorded run; see examples/README.md. */
import * as z from 'zod';
import type { QualitySchema, SpanTypeSchema } from '../../index.ts';
import { parseExactly } from './exact-json.ts';
import { MAX_MS } from './recorded-time.ts';

type Json = Readonly<Record<string, unknown>>;

/** All fields are those of the API, but for `t` and for names in the place of ids. */
export type RecordedAction = {
  /** Milliseconds since the start of the recording, or, from 1e12 on, since 1970. */
  readonly t?: number | undefined;
  /** The run, by its name in the file. */
  readonly instance?: string | undefined;
  /** The id of a run that no line registers. */
  readonly agent_instance_id?: string | undefined;
  readonly idempotency_key?: string | undefined;
} & (
  | {
      readonly type: 'agent_instances/register';
      readonly instance: string;
      readonly payload?: Registration | undefined;
    }
  | { readonly type: 'agent_instances/start'; readonly timestamp?: string | undefined }
  | {
      readonly type: 'agent_instances/record_quality';
      readonly name: string;
      readonly payload: Json | null;
    }
  | {
      readonly type: 'agent_instances/finish';
      readonly status?: string | undefined;
      readonly timestamp?: string | undefined;
    }
  | {
      readonly type: 'agent_spans/create';
      readonly span: string;
      readonly parent?: string | undefined;
      /** The id of a parent that no line creates. */
      readonly parent_span_id?: string | undefined;
      readonly id?: string | undefined;
      readonly schema_name: string;
      readonly status: string;
      readonly payload?: Json | undefined;
      readonly result_payload?: Json | undefined;
      readonly started_at?: string | undefined;
      readonly finished_at?: string | undefined;
      readonly sensitive_encoding?: boolean | undefined;
    }
  | {
      readonly type: 'agent_spans/finish';
      readonly span?: string | undefined;
      /** The id of a span that no line creates. */
      readonly agent_span_id?: string | undefined;
      readonly status?: string | undefined;
      readonly result_payload?: Json | undefined;
      readonly timestamp?: string | undefined;
      readonly sensitive_encoding?: boolean | undefined;
    }
);

/** What a run says of itself; what stands in its lists and maps is passed on untouched. */
export interface Registration {
  readonly agent_id?: string | undefined;
  readonly environment_id?: string | undefined;
  readonly agent_version?: RecordedVersion | undefined;
  readonly agent_schema_version?: RecordedSchemaVersion | undefined;
  readonly id?: string | undefined;
  readonly external_identifier?: string | undefined;
  readonly update_current_version?: boolean | undefined;
  readonly purpose?: string | undefined;
}

interface RecordedVersion {
  readonly external_identifier?: string | undefined;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly runtime_environment?: RecordedEnvironment | undefined;
}

interface RecordedEnvironment {
  readonly agent_sdk?: readonly string[] | undefined;
  readonly os?: string | undefined;
  readonly prefactor_sdk?: readonly string[] | undefined;
  readonly runtime?: string | undefined;
}

interface RecordedSchemaVersion {
  readonly external_identifier?: string | undefined;
  readonly span_type_schemas?: readonly SpanTypeSchema[] | undefined;
  readonly span_schemas?: Readonly<Record<string, object>> | undefined;
  readonly span_result_schemas?: Readonly<Record<string, object>> | undefined;
  readonly quality_schemas?: readonly QualitySchema[] | undefined;
}

export type Actions = AsyncIterable<RecordedAction> | Iterable<RecordedAction>;

export type ActionOf<Type extends RecordedAction['type']> = Extract<
  RecordedAction,
  { readonly type: Type }
>;

/** Whether a span that is created with this status has no finish of its own. */
export function hasEnded(status: string): boolean {
  return status === 'complete' || status === 'failed' || status === 'cancelled';
}

/** When a span began and, if it is created as a whole, ended: as its line says, else at `time`. */
export function spanTimes(
  { status, started_at, finished_at }: ActionOf<'agent_spans/create'>,
  time: string,
): { readonly started_at: string; readonly finished_at: string | undefined } {
  return {
    started_at: started_at ?? time,
    finished_at: finished_at ?? (hasEnded(status) ? time : undefined),
  };
}

/** What a line would have made, had it been right, by its names in the file. */
export interface Unmade {
  readonly instance: string;
  /** Left out where it is the run itself. */
  readonly span?: string;
}

/** A line read: what it says, or what is wrong with it. */
export type Reading =
  | { readonly kind: 'action'; readonly action: RecordedAction }
  | {
      readonly kind: 'problem';
      readonly problem: string;
      /** False where it may be the first part of a line. */
      readonly isJson: boolean;
      readonly unmade?: Unmade;
    };

/**
 * Reads one line, which is not blank. `ignored` are fields that are left out where they stand, by the
 * names that a problem gives them: `tags`, `payload.agent_version.color`.
 */
export function readLine(line: string, ignored: ReadonlySet<string> = none): Reading {
  let value: unknown;
  try {
    value = parseExactly(line);
  } catch {
    return { kind: 'problem', problem: 'This is no line of JSON.', isJson: false };
  }
  if (!isJson(value)) {
    return { kind: 'problem', problem: 'This is no object of JSON.', isJson: true };
  }
  const fields = normalised(value, ignored);
  const { success, data, error } = recordedAction.safeParse(fields, { error: sentenceFor });
  if (success) return { kind: 'action', action: data };
  const [issue] = error.issues;
  const unmade = unmadeBy(fields);
  return {
    kind: 'problem',
    problem: issue === undefined ? 'This is no action.' : problemOf(issue, fields),
    isJson: true,
    ...(unmade !== undefined && { unmade }),
  };
}

const none: ReadonlySet<string> = new Set();

/** Without what is ignored; null is as good as nothing, but for the payload of a quality. */
function normalised(line: Json, ignored: ReadonlySet<string>): Json {
  const isRegister = line['type'] === 'agent_instances/register';
  const isQuality = line['type'] === 'agent_instances/record_quality';
  const pick = (from: Json, path: string): Json => {
    const picked: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(from)) {
      const at = path === '' ? name : `${path}.${name}`;
      if (ignored.has(at) || (value === null && !(isQuality && at === 'payload'))) continue;
      // Of all that is deeper, only what a registration says of itself has fields that are known.
      if (at === 't') picked[name] = asNumber(value);
      else
        picked[name] = isRegister && ourObjects.has(at) && isJson(value) ? pick(value, at) : value;
    }
    return picked;
  };
  return pick(line, '');
}

/** A number that is kept as it was written is read all the same. */
function asNumber(value: unknown): unknown {
  return isJson(value) && typeof value['rawJSON'] === 'string' ? Number(value['rawJSON']) : value;
}

const ourObjects: ReadonlySet<string> = new Set([
  'payload',
  'payload.agent_version',
  'payload.agent_version.runtime_environment',
  'payload.agent_schema_version',
]);

function unmadeBy({ type, instance, span }: Json): Unmade | undefined {
  if (typeof instance !== 'string') return undefined;
  if (type === 'agent_instances/register') return { instance };
  if (type !== 'agent_spans/create' || typeof span !== 'string') return undefined;
  return { instance, span };
}

/** What zod's messages would say, in our words; those of `custom` are ours already. */
function sentenceFor(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_union') return `must be one of ${TYPES.join(', ')}`;
  if (issue.input === undefined) return 'is missing';
  if (issue.code === 'too_small' && issue.origin === 'string') return 'is empty';
  if (issue.code === 'too_small' || issue.code === 'too_big')
    return 'is no time that a date can be';
  if (issue.code === 'invalid_type') return `must be ${wordFor(issue.expected)}`;
  return undefined;
}

function problemOf({ code, path, message, ...rest }: z.core.$ZodIssue, { type }: Json): string {
  if (code === 'unrecognized_keys' && 'keys' in rest) {
    const [unknown = ''] = rest.keys;
    const field = [...path, unknown].join('.');
    return `"${field}" is no field of ${String(type)}; --ignore ${field} leaves it out.`;
  }
  return path.length === 0 ? `This ${message}.` : `"${path.join('.')}" ${message}.`;
}

function wordFor(expected: string): string {
  if (expected === 'string') return 'text';
  return expected === 'boolean'
    ? 'true or false'
    : `${expected === 'object' ? 'an' : 'a'} ${expected}`;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTime(value: unknown): boolean {
  return (
    typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(Date.parse(value))
  );
}

// An object of the user's is passed on as it is: zod would copy it, and leave `__proto__` out.
const OBJECT = 'must be an object';
const object = z.custom<Json>(isJson, OBJECT);
const name = z.string().min(1);
const flag = z.boolean().optional();
const time = z.custom<string>(isTime, 'must be a time such as 2026-09-01T08:00:00.000Z').optional();
const common = {
  t: z.number().min(-MAX_MS).max(MAX_MS).optional(),
  instance: name.optional(),
  agent_instance_id: name.optional(),
  idempotency_key: z.custom<string>(isKey, 'must be text of 8 to 64 characters').optional(),
};

function isKey(value: unknown): boolean {
  return typeof value === 'string' && value.length >= 8 && value.length <= 64;
}

const texts = z.array(z.string());
const runtimeEnvironment = z.strictObject({
  agent_sdk: texts.optional(),
  os: z.string().optional(),
  prefactor_sdk: texts.optional(),
  runtime: z.string().optional(),
});
const agentVersion = z.strictObject({
  external_identifier: z.string().optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  runtime_environment: runtimeEnvironment.optional(),
});
const agentSchemaVersion: z.ZodType<RecordedSchemaVersion> = z.strictObject({
  external_identifier: z.string().optional(),
  span_type_schemas: z.array(z.custom<SpanTypeSchema>(isJson, OBJECT)).optional(),
  span_schemas: z.custom<Record<string, object>>(isJson, OBJECT).optional(),
  span_result_schemas: z.custom<Record<string, object>>(isJson, OBJECT).optional(),
  quality_schemas: z.array(z.custom<QualitySchema>(isJson, OBJECT)).optional(),
});
const registration: z.ZodType<Registration> = z.strictObject({
  agent_id: name.optional(),
  environment_id: name.optional(),
  agent_version: agentVersion.optional(),
  agent_schema_version: agentSchemaVersion.optional(),
  id: name.optional(),
  external_identifier: name.optional(),
  update_current_version: flag,
  purpose: z.string().optional(),
});

const shapes = {
  'agent_instances/register': {
    t: common.t,
    instance: name,
    idempotency_key: common.idempotency_key,
    payload: registration.optional(),
  },
  'agent_instances/start': { ...common, timestamp: time },
  'agent_instances/record_quality': { ...common, name, payload: object.nullable() },
  'agent_instances/finish': { ...common, status: name.optional(), timestamp: time },
  'agent_spans/create': {
    ...common,
    span: name,
    parent: name.optional(),
    parent_span_id: name.optional(),
    id: name.optional(),
    schema_name: name,
    status: name,
    payload: object.optional(),
    result_payload: object.optional(),
    started_at: time,
    finished_at: time,
    sensitive_encoding: flag,
  },
  'agent_spans/finish': {
    ...common,
    span: name.optional(),
    agent_span_id: name.optional(),
    status: name.optional(),
    result_payload: object.optional(),
    timestamp: time,
    sensitive_encoding: flag,
  },
} as const;

const TYPES = Object.keys(shapes);

const recordedAction: z.ZodType<RecordedAction> = z.discriminatedUnion('type', [
  typed('agent_instances/register'),
  typed('agent_instances/start'),
  typed('agent_instances/record_quality'),
  typed('agent_instances/finish'),
  typed('agent_spans/create'),
  typed('agent_spans/finish'),
]);

function typed<Type extends keyof typeof shapes>(type: Type) {
  return z.strictObject({ type: z.literal(type), ...shapes[type] });
}
