/** What a line of an action file says: one action of a recorded run; see examples/README.md. */
import * as z from 'zod';

type Json = Readonly<Record<string, unknown>>;

/** `instance`, `span` and `parent` are names within the file, not ids. */
export type RecordedAction = {
  /** Milliseconds since the start of the recording. */
  readonly t: number;
  readonly instance: string;
} & (
  | {
      readonly type: 'agent_instances/register';
      readonly payload: {
        readonly external_identifier?: string | undefined;
        readonly agent_version?: RecordedVersion | undefined;
        readonly agent_schema_version?: RecordedSchemaVersion | undefined;
      };
    }
  | { readonly type: 'agent_instances/start' }
  | {
      readonly type: 'agent_spans/create';
      readonly span: string;
      readonly parent?: string | null | undefined;
      readonly schema_name: string;
      readonly status: string;
      readonly payload: Json;
    }
  | {
      readonly type: 'agent_spans/finish';
      readonly span: string;
      readonly status: FinishStatus;
      readonly result_payload?: Json | undefined;
    }
  | { readonly type: 'agent_instances/finish'; readonly status: FinishStatus }
);

/** In wire form (wire.md 4.3), as all of a file is. */
interface RecordedVersion {
  readonly external_identifier?: string | undefined;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly runtime_environment?:
    | {
        readonly agent_sdk?: readonly string[] | undefined;
        readonly os?: string | undefined;
        readonly prefactor_sdk?: readonly string[] | undefined;
        readonly runtime?: string | undefined;
      }
    | undefined;
}

/** In wire form too; what stands in the lists and maps is passed on untouched. */
interface RecordedSchemaVersion {
  readonly external_identifier?: string | undefined;
  readonly span_type_schemas?: readonly SpanType[] | undefined;
  readonly span_schemas?: Readonly<Record<string, Json>> | undefined;
  readonly span_result_schemas?: Readonly<Record<string, Json>> | undefined;
}

interface SpanType {
  readonly name: string;
  readonly params_schema: Json;
  readonly [field: string]: unknown;
}

export type Actions = AsyncIterable<RecordedAction> | Iterable<RecordedAction>;

type FinishStatus = 'complete' | 'failed' | 'cancelled';

/** A line read: what it says, or what is wrong with it. */
export type Reading =
  | { readonly kind: 'action'; readonly action: RecordedAction }
  | { readonly kind: 'problem'; readonly problem: string };

/** Reads one line, which is not blank. */
export function readLine(line: string): Reading {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'problem', problem: 'This is no line of JSON.' };
  }
  const { success, data, error } = recordedAction.safeParse(value);
  return success
    ? { kind: 'action', action: data }
    : { kind: 'problem', problem: sentenceOf(error.issues[0]) };
}

function sentenceOf(issue: z.core.$ZodIssue | undefined): string {
  const path = issue?.path.join('.') ?? '';
  const message = issue?.message ?? 'This is no action';
  return `${path === '' ? '' : `${path}: `}${message}.`;
}

const TYPES: readonly RecordedAction['type'][] = [
  'agent_instances/register',
  'agent_instances/start',
  'agent_spans/create',
  'agent_spans/finish',
  'agent_instances/finish',
];

const json = z.record(z.string(), z.unknown());
const name = z.string().min(1);
const common = { t: z.number(), instance: name };
const finishStatus = z.enum(['complete', 'failed', 'cancelled']);

// Unknown fields are no fault of a recording: a later version of whatever made it may add some.
const recordedAction: z.ZodType<RecordedAction> = z.discriminatedUnion(
  'type',
  [
    z.object({
      ...common,
      type: z.literal('agent_instances/register'),
      payload: z.object({
        external_identifier: z.string().optional(),
        agent_version: z
          .object({
            external_identifier: z.string().optional(),
            name: z.string().optional(),
            description: z.string().optional(),
            runtime_environment: z
              .object({
                agent_sdk: z.array(z.string()).optional(),
                os: z.string().optional(),
                prefactor_sdk: z.array(z.string()).optional(),
                runtime: z.string().optional(),
              })
              .optional(),
          })
          .optional(),
        agent_schema_version: z
          .object({
            external_identifier: z.string().optional(),
            span_type_schemas: z.array(z.looseObject({ name, params_schema: json })).optional(),
            span_schemas: z.record(z.string(), json).optional(),
            span_result_schemas: z.record(z.string(), json).optional(),
          })
          .optional(),
      }),
    }),
    z.object({ ...common, type: z.literal('agent_instances/start') }),
    z.object({
      ...common,
      type: z.literal('agent_spans/create'),
      span: name,
      parent: name.nullish(),
      schema_name: name,
      status: name,
      payload: json,
    }),
    z.object({
      ...common,
      type: z.literal('agent_spans/finish'),
      span: name,
      status: finishStatus,
      result_payload: json.optional(),
    }),
    z.object({ ...common, type: z.literal('agent_instances/finish'), status: finishStatus }),
  ],
  {
    error: ({ code }) =>
      code === 'invalid_union' ? `Invalid type: expected one of ${TYPES.join(', ')}` : undefined,
  },
);
