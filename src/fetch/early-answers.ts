import { IdGenerator } from '../ids/id-generator.ts';
import { isPfid } from '../ids/pfid.ts';
import type { AutobatchClient, WireAction } from '../index.ts';
import { Timestamps } from '../lib/clock.ts';
import { LruMap } from '../lib/lru-map.ts';
import type { Fields } from '../lib/own-fields.ts';
import { isObject, own } from '../lib/own-fields.ts';
import type { HttpAnswer } from './answers.ts';
import { errorAnswer } from './answers.ts';

/** A call that is answered before the API has. */
export interface EarlyAnswer extends HttpAnswer {
  /** What is sent for it: with an id, where it makes a span, and with the time of the call. */
  readonly action: WireAction;
}

interface NotedSpan {
  readonly instance: string;
  /** How it has ended, if it has. */
  readonly status: string | undefined;
}

const MAX_NOTED = 10_000;

const endStatuses: readonly unknown[] = ['complete', 'failed', 'cancelled', 'terminated'];

/**
 * Which calls can be answered as soon as they are accepted, and how. The rest wait for their results: a
 * registration, whose id is the API's; the end of a run, which is to come after all of it; and the calls of a run of
 * which one has failed after its answer, until one succeeds, so that a caller hears of what has gone wrong for good.
 */
export class EarlyAnswers {
  readonly #ids = new IdGenerator();
  readonly #times = new Timestamps();
  readonly #spans = new LruMap<string, NotedSpan>({ max: MAX_NOTED });
  readonly #doubtful = new LruMap<string, true>({ max: MAX_NOTED });
  readonly #terminated = new LruMap<string, string | null>({ max: MAX_NOTED });
  readonly stop: () => void;

  constructor(client: AutobatchClient) {
    this.stop = client.on('terminate', ({ agentInstanceId, reason }) => {
      this.#terminated.set(agentInstanceId, reason);
    });
  }

  /**
   * The refusal of a finish of a span that has ended. Official SDKs send a span as it is when its turn comes: ended, if
   * it was short; and then its finish, whose refusal they take for a success.
   */
  refusalOf({ _type, agent_span_id: id }: WireAction): HttpAnswer | undefined {
    const span = _type === 'agent_spans/finish' ? this.#spans.get(String(id)) : undefined;
    const ended = span?.status;
    // What is known of a doubtful run may be wrong: the API shall say.
    if (ended === undefined || this.#doubtful.get(span?.instance ?? '') === true) return undefined;
    return errorAnswer('invalid_action', `The span is ${ended} already`);
  }

  /** Undefined where the call waits for its result. */
  of(given: WireAction): EarlyAnswer | undefined {
    if (this.#doubtful.get(this.instanceOf(given)) === true) return undefined;
    const now = this.#times.isoNow();
    switch (given._type) {
      case 'agent_instances/start': {
        const { agent_instance_id: id } = given;
        const action = { ...given, timestamp: given['timestamp'] ?? now };
        return answerWith(action, { type: 'agent_instance', id, status: 'active' }, undefined);
      }
      case 'agent_instances/record_quality': {
        const { agent_instance_id: id } = given;
        return answerWith(given, { type: 'agent_instance', id }, undefined);
      }
      case 'agent_spans/create':
        return this.#create(given, now);
      case 'agent_spans/finish': {
        const { agent_span_id: id, status = 'complete' } = given;
        const action = { ...given, timestamp: given['timestamp'] ?? now };
        return answerWith(action, { type: 'agent_span', id, status }, this.#controlOf(given));
      }
      default:
        return undefined;
    }
  }

  #create(given: WireAction, now: string): EarlyAnswer | undefined {
    const details: Fields = { ...Object(given['details']) };
    const instance = String(details['agent_instance_id']);
    details['id'] ??= isPfid(instance) ? this.#ids.makeInPartitionOf(instance) : undefined;
    if (details['id'] === undefined) return undefined;
    details['started_at'] ??= now;
    if (endStatuses.includes(details['status'])) details['finished_at'] ??= now;
    // Nobody reads its payloads in the answer.
    const { payload: _, result_payload: __, ...shown } = details;
    const action = { ...given, details };
    return answerWith(action, { type: 'agent_span', ...shown }, this.#controlOf(given));
  }

  /** Notes a span that was created, or finished, by a call that is accepted or done. */
  note({ _type, details, agent_span_id, status }: WireAction, id: unknown): void {
    if (_type === 'agent_spans/create') {
      const instance = String(own(details, 'agent_instance_id'));
      const began = own(details, 'status');
      const ended = endStatuses.includes(began) ? String(began) : undefined;
      this.#spans.set(String(id), { instance, status: ended });
    } else if (_type === 'agent_spans/finish') {
      const span = String(agent_span_id);
      const { instance = '' } = this.#spans.get(span) ?? {};
      this.#spans.set(span, { instance, status: String(status ?? 'complete') });
    }
  }

  /** Forgets what was noted of a call that has failed after all. */
  forget({ _type, details, agent_span_id }: WireAction): void {
    if (_type === 'agent_spans/create') this.#spans.take(String(own(details, 'id')));
    if (_type !== 'agent_spans/finish') return;
    const span = String(agent_span_id);
    const { instance } = this.#spans.get(span) ?? {};
    if (instance !== undefined) this.#spans.set(span, { instance, status: undefined });
  }

  /** The run that a call belongs to; empty where that is not known. */
  instanceOf({ _type, agent_instance_id, agent_span_id, details }: WireAction): string {
    if (_type === 'agent_spans/finish')
      return this.#spans.get(String(agent_span_id))?.instance ?? '';
    const id = isObject(details) ? details['agent_instance_id'] : agent_instance_id;
    return typeof id === 'string' ? id : '';
  }

  /** A call of the run has failed after its answer. */
  doubt(instance: string): void {
    this.#doubtful.set(instance, true);
  }

  /** A call of the run has succeeded, and its caller has waited for that. */
  trust(instance: string): void {
    this.#doubtful.take(instance);
  }

  #controlOf(action: WireAction): Fields | undefined {
    const reason = this.#terminated.get(this.instanceOf(action));
    return reason === undefined ? undefined : { terminate: true, reason };
  }
}

function answerWith(action: WireAction, details: Fields, control: Fields | undefined): EarlyAnswer {
  return { action, status: 200, text: JSON.stringify({ status: 'success', details, control }) };
}
