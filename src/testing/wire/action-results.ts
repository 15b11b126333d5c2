// How actions end, and the outputs that say so.

import type { ErrorOutput } from './errors.ts';
import { errorOutput } from './errors.ts';
import type { EmulatedItem, Fields } from './items.ts';

export interface SuccessOutput {
  readonly status: 'success';
  readonly details?: Fields;
  readonly summaries?: readonly Fields[];
  /** Says whether the run was ended from outside. */
  readonly control?: { readonly terminate: boolean; readonly reason: string | null };
  readonly agent_schema_version?: Fields;
  readonly pfids?: readonly string[];
  readonly account_id?: string;
}

export type ActionOutput = SuccessOutput | ErrorOutput;

/** The output of an item that ran. */
export interface ItemOutput {
  readonly item: EmulatedItem;
  output: ActionOutput;
}

export interface ActionResult {
  readonly output: ActionOutput;
  /** Of the span, instance or other record that it is about, if known. */
  readonly id: string | null;
}

export function success(output: Omit<SuccessOutput, 'status'>, id: string | null): ActionResult {
  return { output: { status: 'success', ...output }, id };
}

export function failure(output: ErrorOutput, id: string | null = null): ActionResult {
  return { output, id };
}

export function notFound(what: string, id: string | null): ActionResult {
  return failure(errorOutput('not_found', `${what} not found`), id);
}

export function invalidAction(message: string, id: string | null): ActionResult {
  return failure(errorOutput('invalid_action', message), id);
}
