export type { BatchWindow } from './client/batch-window.ts';
export { AutobatchClient } from './client/client.ts';
export type { AutobatchEvents } from './client/client-events.ts';
export type {
  AutobatchOptions,
  BatchOptions,
  QueueOptions,
  RetryOptions,
} from './client/client-options.ts';
export type {
  DispatchReason,
  EngineEvents,
  Ledger,
  SentOutcome,
  ServerStats,
  Stats,
} from './coalescer/index.ts';
export type {
  AnyPrefactorError,
  PrefactorErrorCode,
  PrefactorIssue,
} from './errors/error-classes.ts';
export {
  isPrefactorError,
  PrefactorApiError,
  PrefactorAuthError,
  PrefactorClosedError,
  PrefactorConflictError,
  PrefactorContractError,
  PrefactorDependencyError,
  PrefactorError,
  PrefactorIdempotencyConflictError,
  PrefactorInvalidArgumentError,
  PrefactorNotFoundError,
  PrefactorQueueFullError,
  PrefactorRetryExhaustedError,
  PrefactorSkippedError,
  PrefactorValidationError,
} from './errors/error-classes.ts';
export type { Logger } from './lib/logger.ts';
export type { AgentInstances } from './resources/agent-instances.ts';
export type { AgentSpans } from './resources/agent-spans.ts';
export type { Bulk } from './resources/bulk.ts';
export type { Action, WireAction } from './schemas/action.ts';
export type { ActionPromise, Control, Identified, Ref } from './schemas/action-promise.ts';
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
export type { FinishStatus, InstanceStatus, SpanStatus } from './schemas/status.ts';
export type { ApiToken } from './transport/api-token.ts';
export type { Fetch } from './transport/fetch-sender.ts';
export type { HeaderFields } from './transport/header-fields.ts';
export { isAutobatchRequest } from './transport/sdk-header.ts';
