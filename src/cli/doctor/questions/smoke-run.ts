/** The run that all questions are asked in: marked as a smoke test, named, and finished at the end. */
import { randomUUID } from 'node:crypto';
import { IdGenerator } from '../../../ids/id-generator.ts';
import type { Deployment } from '../../../recordings/calls/recorded-calls.ts';
import type { BulkAnswer, BulkApi, Item, Json, Output, Success } from './bulk-api.ts';
import { Unanswered } from './finding.ts';

export const RUN_NAME = 'prefactor-autobatch doctor';
const SPAN_TYPE = 'doctor:probe';

export class SmokeRun {
  readonly api: BulkApi;
  readonly id: string;
  /** Whether the API has accepted an id that was made here. False until that was asked. */
  idsHold = false;
  readonly #ids = new IdGenerator();
  #unknownCode: string | undefined;

  constructor(api: BulkApi, id: string) {
    this.api = api;
    this.id = id;
  }

  /** A span of this run that is created as a whole. */
  create(details: Json = {}): Item {
    return {
      ...item('agent_spans/create'),
      details: {
        agent_instance_id: this.id,
        schema_name: SPAN_TYPE,
        status: 'complete',
        payload: { asked_by: RUN_NAME },
        ...details,
      },
    };
  }

  finish(spanId: string, fields: Json = {}): Item {
    return { ...item('agent_spans/finish'), agent_span_id: spanId, status: 'complete', ...fields };
  }

  /** An action on the run itself. */
  action(type: string, fields: Json = {}): Item {
    return { ...item(type), agent_instance_id: this.id, ...fields };
  }

  /** A fresh id for a span, as the client makes it; in any partition if the id of the run is no PFID. */
  newId(): string {
    return this.#ids.makeInPartitionOf(this.id) ?? this.#ids.makeRoot();
  }

  /** A fresh id in any partition. */
  otherId(): string {
    return this.#ids.makeRoot();
  }

  bulk(...items: readonly Item[]): Promise<BulkAnswer> {
    return this.api.bulk(items);
  }

  one(item: Item): Promise<Output> {
    return this.api.one(item);
  }

  /** Like `one`, for what has to succeed before something else can be asked. @throws {Unanswered} */
  async must(sent: Item): Promise<Success> {
    const output = await this.one(sent);
    if (output.kind === 'success') return output;
    throw new Unanswered(`What it needs was refused (${output.because}).`);
  }

  /** Whether the span exists: if so, to finish it fails in another way than for an unknown id. */
  async isMade(id: string): Promise<boolean> {
    this.#unknownCode ??= codeOf(await this.one(this.finish(this.newId())));
    return codeOf(await this.one(this.finish(id))) !== this.#unknownCode;
  }
}

/** What makes the run. */
export function registrationFor(deployment: Deployment): Item {
  return {
    ...item('agent_instances/register'),
    ...deployment,
    agent_version: { external_identifier: 'prefactor-autobatch-doctor', name: RUN_NAME },
    agent_schema_version: {
      external_identifier: 'prefactor-autobatch-doctor-1',
      span_type_schemas: [{ name: SPAN_TYPE, params_schema: { type: 'object' } }],
    },
    // Otherwise the doctor's version would become the current one of the agent.
    update_current_version: false,
    purpose: 'smoke_test',
  };
}

function item(type: string): Item {
  return { _type: type, idempotency_key: randomUUID() };
}

function codeOf(output: Output): string {
  return output.kind === 'success' ? '' : output.code;
}
