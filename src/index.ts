export type { ActionPromise, Ref } from './action-promise.ts';
export { AutobatchClient } from './client.ts';
export type { AutobatchEvents } from './client-events.ts';
export type {
  DispatchReason,
  EngineEvents,
  Ledger,
  ServerStats,
  Stats,
} from './coalescer/index.ts';
export type { PrefactorApiErrorDetails, PrefactorValidationErrorDetails } from './errors/api.ts';
export {
  PrefactorApiError,
  PrefactorAuthError,
  PrefactorConflictError,
  PrefactorNotFoundError,
  PrefactorValidationError,
} from './errors/api.ts';
export type { PrefactorIssue } from './errors/argument.ts';
export { PrefactorInvalidArgumentError } from './errors/argument.ts';
export type { PrefactorErrorCode, PrefactorErrorDetails } from './errors/base.ts';
export { isPrefactorError, PrefactorError } from './errors/base.ts';
export { PrefactorContractError, PrefactorRetryExhaustedError } from './errors/delivery.ts';
export { PrefactorDependencyError, PrefactorSkippedError } from './errors/order.ts';
export {
  PrefactorClosedError,
  PrefactorIdempotencyConflictError,
  PrefactorQueueFullError,
} from './errors/queue.ts';
export type { HeaderFields } from './internal/header-fields.ts';
export type { Logger } from './internal/warn.ts';
export type {
  ApiToken,
  AutobatchOptions,
  BatchOptions,
  BatchWindow,
  Fetch,
  QueueOptions,
  RetryOptions,
} from './options.ts';
export type { AgentInstances } from './resources/agent-instances.ts';
export type { AgentSpans } from './resources/agent-spans.ts';
export type { Bulk } from './resources/bulk.ts';
export type { Action, WireAction } from './schemas/action.ts';
export type {
  AgentInstance,
  AgentInstanceFinishParams,
  AgentInstanceRecordQualityParams,
  AgentInstanceRegisterParams,
  AgentInstanceStartParams,
  Purpose,
} from './schemas/agent-instances.ts';
export type {
  AgentSchemaVersion,
  AgentVersion,
  QualitySchema,
  RuntimeEnvironment,
  SpanTypeSchema,
} from './schemas/agent-schema.ts';
export type {
  AgentSpan,
  AgentSpanCreateParams,
  AgentSpanFinishParams,
} from './schemas/agent-spans.ts';
export type { BulkItem, BulkRequest, BulkResult } from './schemas/bulk.ts';
export type { CallOptions, ResourceName, SubmitOptions } from './schemas/call-options.ts';
export type { Control, Identified } from './schemas/output.ts';
export type { FinishStatus, InstanceStatus, SpanStatus } from './schemas/status.ts';
export { isAutobatchRequest } from './transport/sdk-header.ts';
