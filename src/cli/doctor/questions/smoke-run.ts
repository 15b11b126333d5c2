/** The run that all questions are asked in: marked as a smoke test, named, and finished at the end. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { IdGenerator } from '../../../ids/id-generator.ts';
import type { JsonObject } from '../../../recordings/actions/json.ts';
import type { Deployment } from '../../../recordings/calls/recorded-calls.ts';
import type { Account } from '../../api/api-requests.ts';
import type { DoctorSuccess, Item } from './doctor-api.ts';
import { DoctorApi, idOf } from './doctor-api.ts';
import type { Finding, QuestionId } from './question-finding.ts';
import { asAssumed, different, problem, problemOf, Unanswered } from './question-finding.ts';

export const RUN_NAME = 'prefactor-autobatch doctor';
const SPAN_TYPE = 'doctor:probe';

/** Asks a question in the run. May reject with `Unanswered`. */
export type RunQuestion = (run: SmokeRun) => Promise<Finding>;
export type RunQuestions = { readonly [Id in QuestionId]?: RunQuestion };

export class SmokeRun extends DoctorApi {
  readonly id: string;
  /** Whether the API has accepted an id that was made here. False until that was asked. */
  idsHold = false;
  readonly #ids = new IdGenerator();
  #unknownCode: string | undefined;

  constructor(account: Account, id: string) {
    super(account);
    this.id = id;
  }

  /** A span of this run that is created as a whole. */
  create(details: JsonObject = {}): Item {
    return {
      ...newItem('agent_spans/create'),
      details: {
        agent_instance_id: this.id,
        schema_name: SPAN_TYPE,
        status: 'complete',
        payload: { asked_by: RUN_NAME },
        ...details,
      },
    };
  }

  finish(spanId: string, fields: JsonObject = {}): Item {
    return {
      ...newItem('agent_spans/finish'),
      agent_span_id: spanId,
      status: 'complete',
      ...fields,
    };
  }

  /** An action on the run itself. */
  action(type: string, fields: JsonObject = {}): Item {
    return { ...newItem(type), agent_instance_id: this.id, ...fields };
  }

  /** A fresh id for a span, as the client makes it; in any partition if the id of the run is no PFID. */
  newId(): string {
    return this.#ids.makeInPartitionOf(this.id) ?? this.#ids.makeRoot();
  }

  /** Like `one`, for what has to succeed before something else can be asked. @throws {Unanswered} */
  async must(sent: Item): Promise<DoctorSuccess> {
    const output = await this.one(sent);
    if (output.kind === 'success') return output;
    throw new Unanswered(`What it needs was refused (${output.because}).`);
  }

  /** Whether the span exists: if so, to finish it fails in another way than for an unknown id. */
  async isMade(id: string): Promise<boolean> {
    const codeOfFinish = async (span: string): Promise<string> => {
      const output = await this.one(this.finish(span));
      return output.kind === 'success' ? '' : output.code;
    };
    this.#unknownCode ??= await codeOfFinish(this.newId());
    return (await codeOfFinish(id)) !== this.#unknownCode;
  }
}

/** The run, or why there is none. */
export async function openRun(
  account: Account,
  deployment: Deployment,
): Promise<SmokeRun | Finding> {
  try {
    const made = await new DoctorApi(account).one(smokeRunRegistration(deployment));
    if (made.kind === 'success') {
      const id = idOf(made);
      if (id === '') throw new Unanswered('The answer to the registration has no details.id.');
      return new SmokeRun(account, id);
    }
    const isNamed = deployment.agent_id !== undefined && deployment.environment_id !== undefined;
    const advice = isNamed
      ? ''
      : " With an account's token, set PREFACTOR_AGENT_ID and PREFACTOR_ENVIRONMENT_ID.";
    return problem(`No, it is refused (${made.because}), so nothing else can be asked.${advice}`);
  } catch (error) {
    const { answer } = problemOf(error);
    return problem(`${answer} If the run was made all the same, finish it in the web app.`);
  }
}

/** Waited before each further attempt to finish the run: most often a rate limit has ended the questions. */
const FINISH_DELAYS_MS: readonly number[] = [1_000, 2_000, 4_000];

/** All attempts have one key, so that a lost answer does no harm. */
export async function finishRun(
  run: SmokeRun,
  delaysMs: readonly number[] = FINISH_DELAYS_MS,
): Promise<Finding> {
  const item = run.action('agent_instances/finish', { status: 'complete' });
  for (let i = 0; ; i++) {
    try {
      return await finishOnce(run, item);
    } catch (error) {
      const { answer } = problemOf(error);
      const delayMs = delaysMs[i];
      if (delayMs === undefined) return problem(`${answer} ${MAY_BE_OPEN}`);
      await delay(delayMs);
    }
  }
}

const MAY_BE_OPEN = 'The run may still be open: finish it in the web app.';

async function finishOnce(run: SmokeRun, item: Item): Promise<Finding> {
  const bulk = await run.one(item);
  if (bulk.kind === 'success') return asAssumed('Yes.');
  const path = `/api/v1/agent_instance/${encodeURIComponent(run.id)}/finish`;
  const single = await run.single(path, { status: item['status'] });
  return single.kind === 'success'
    ? different(`No, it is refused (${bulk.because}); the single endpoint has finished it.`)
    : problem(
        `No, it is refused (${bulk.because}), and so is the single endpoint (${single.because}). ${MAY_BE_OPEN}`,
      );
}

/** What makes the run. */
function smokeRunRegistration(deployment: Deployment): Item {
  return {
    ...newItem('agent_instances/register'),
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

function newItem(type: string): Item {
  return { _type: type, idempotency_key: randomUUID() };
}
