export { AutobatchClient } from './client/client.ts';
export type { AutobatchEvents } from './client/client-events.ts';
export type {
  AutobatchOptions,
  BatchOptions,
  BatchWindow,
  QueueOptions,
  RetryOptions,
} from './client/options.ts';
export type {
  DispatchReason,
  EngineEvents,
  Ledger,
  ServerStats,
  Stats,
} from './coalescer/index.ts';
export {
  PrefactorApiError,
  PrefactorAuthError,
  PrefactorConflictError,
  PrefactorNotFoundError,
  PrefactorValidationError,
} from './errors/api-errors.ts';
export type { PrefactorIssue } from './errors/argument-error.ts';
export { PrefactorInvalidArgumentError } from './errors/argument-error.ts';
export { PrefactorContractError, PrefactorRetryExhaustedError } from './errors/delivery-errors.ts';
export type { AnyPrefactorError } from './errors/is-prefactor-error.ts';
export { isPrefactorError } from './errors/is-prefactor-error.ts';
export { PrefactorDependencyError, PrefactorSkippedError } from './errors/order-errors.ts';
export type { PrefactorErrorCode } from './errors/prefactor-error.ts';
export { PrefactorError } from './errors/prefactor-error.ts';
export {
  PrefactorClosedError,
  PrefactorIdempotencyConflictError,
  PrefactorQueueFullError,
} from './errors/queue-errors.ts';
export type { Logger } from './lib/logger.ts';
export type { AgentInstances } from './resources/agent-instances.ts';
export type { AgentSpans } from './resources/agent-spans.ts';
export type { Bulk } from './resources/bulk.ts';
export type { Action, WireAction } from './schemas/action.ts';
export type { ActionPromise, Ref } from './schemas/action-promise.ts';
export type {
  AgentInstance,
  AgentInstanceFinishParams,
  AgentInstanceRecordQualityParams,
  AgentInstanceRegisterParams,
  AgentInstanceStartParams,
  Purpose,
} from './schemas/agent-instances.ts';
export type {
  AgentSpan,
  AgentSpanCreateParams,
  AgentSpanFinishParams,
} from './schemas/agent-spans.ts';
export type {
  AgentSchemaVersion,
  AgentVersion,
  QualitySchema,
  RuntimeEnvironment,
  SpanTypeSchema,
} from './schemas/agent-versions.ts';
export type { BulkItem, BulkRequest, BulkResult } from './schemas/bulk-request.ts';
export type { CallOptions, ResourceName, SubmitOptions } from './schemas/call-options.ts';
export type {
  ActionOf,
  InWireForm,
  KnownActions,
  OnInstance,
  SnakeCase,
} from './schemas/known-actions.ts';
export type { Control, Identified } from './schemas/output.ts';
export type { FinishStatus, InstanceStatus, SpanStatus } from './schemas/status.ts';
export type { ApiToken } from './transport/api-token.ts';
export type { HeaderFields } from './transport/header-fields.ts';
export { isAutobatchRequest } from './transport/sdk-header.ts';
export type { Fetch } from './transport/sender.ts';
