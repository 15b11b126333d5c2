/** The runs and spans that actions of a file name, from when they are made until they have ended. */
import type { AgentInstance, AgentSpan, Ref } from '../../index.ts';
import type { UnmadeByLine } from '../actions/action-line.ts';
import type { RecordedAction } from '../actions/recorded-action.ts';

/** A run that has not ended, or some of whose spans have not. */
export class OpenRun {
  /** In the file, or its id. */
  readonly name: string;
  /** Its id, or the call that is to give it. */
  ref: Ref<AgentInstance>;
  /** Settles with its registration; undefined from then on. */
  registering: Promise<void> | undefined;
  /** False once it has ended, or its registration has failed. */
  isOpen = true;
  hasEnded = false;
  openSpans = 0;
  readonly spans: Map<string, OpenSpan | 'unmade' | 'left out'> = new Map();

  constructor(name: string, ref: Ref<AgentInstance>) {
    this.name = name;
    this.ref = ref;
  }
}

export interface OpenSpan {
  /** Its id, or the call that is to give it; undefined before that call. */
  ref: Ref<AgentSpan> | undefined;
  isOpen: boolean;
}

/**
 * Names are kept only until their run has ended, and stand for ids, not for whole answers: so memory grows
 * with the runs that are open, not with the recording.
 */
export class OpenRuns {
  readonly #runs: Map<string, OpenRun | 'unmade'> = new Map();
  /** How many were made and have not ended. */
  readonly leftOpen: { runs: number; spans: number } = { runs: 0, spans: 0 };

  /** Whether a run of that name has been made, and has not ended. */
  has(name: string): boolean {
    return isOpen(this.#runs.get(name));
  }

  /** A new run of that name; `ref` is its id, or the call that is to give it. */
  add(name: string, ref: Ref<AgentInstance>): OpenRun {
    const run = new OpenRun(name, ref);
    this.#runs.set(name, run);
    this.leftOpen.runs++;
    return run;
  }

  /** The run of an action; one that is known by its id alone is open from its first line on. */
  of(action: RecordedAction): OpenRun | 'unmade' | undefined {
    const { instance, agent_instance_id: id, type } = action;
    const name = instance ?? id ?? '';
    const known = this.#runs.get(name);
    if (known === 'unmade') {
      // The name is free again once its run would have ended.
      if (type === 'agent_instances/finish') this.#runs.delete(name);
      return known;
    }
    // A span may end after its run.
    if (known && (!known.hasEnded || type === 'agent_spans/finish')) return known;
    if (id !== undefined) return this.add(name, id);
    if (known === undefined) this.#runs.set(name, 'unmade');
    return undefined;
  }

  noteUnmade({ instance, span }: UnmadeByLine): void {
    const run = this.#runs.get(instance);
    if (span === undefined) {
      if (!isOpen(run)) this.#runs.set(instance, 'unmade');
    } else if (isOpen(run) && !isOpenSpan(run.spans.get(span))) {
      run.spans.set(span, 'unmade');
    }
  }

  addSpan(run: OpenRun, name: string, isOpen: boolean): OpenSpan {
    const span: OpenSpan = { ref: undefined, isOpen };
    run.spans.set(name, span);
    if (isOpen) {
      run.openSpans++;
      this.leftOpen.spans++;
    }
    return span;
  }

  /** The span has ended, or could not be made. */
  finishSpan(run: OpenRun, span: OpenSpan): void {
    if (!span.isOpen) return;
    span.isOpen = false;
    run.openSpans--;
    this.leftOpen.spans--;
    this.#forgetEnded(run);
  }

  /** The run has ended; its spans may end later. */
  finish(run: OpenRun): void {
    this.noLongerOpen(run);
    run.hasEnded = true;
    this.#forgetEnded(run);
  }

  /** The run is over, or could not be made. */
  noLongerOpen(run: OpenRun): void {
    if (!run.isOpen) return;
    run.isOpen = false;
    this.leftOpen.runs--;
  }

  /** Nothing can name the run once it has ended with all of its spans. */
  #forgetEnded(run: OpenRun): void {
    if (!run.hasEnded || run.openSpans > 0) return;
    if (this.#runs.get(run.name) === run) this.#runs.delete(run.name);
  }
}

function isOpen(run: OpenRun | 'unmade' | undefined): run is OpenRun {
  return run !== undefined && run !== 'unmade' && !run.hasEnded;
}

export function isOpenSpan(span: OpenSpan | 'unmade' | 'left out' | undefined): boolean {
  return typeof span === 'object' && span.isOpen;
}
