/** Draws what one agent does. */
import type { Random } from '../helpers/random.ts';
import { pick } from '../helpers/random.ts';
import type { CallTerms, Fate, How, Step } from './plan.ts';
import { FOREIGN_SPANS } from './plan.ts';

/** Slots for what goes by an arbitrary name, which all agents share. */
const NAMES = 4;
/** What may be the fate of items in this schedule, and how likely it is. */
export interface Theme {
  readonly fates: readonly Fate[];
  readonly fateRate: number;
  readonly abortRate: number;
  readonly ownKeyRate: number;
  readonly waitRate: number;
  readonly waitMs: number;
  readonly how: readonly How[];
  readonly hasClose: boolean;
  readonly hasHide: boolean;
}

interface DraftInstance {
  readonly slot: number;
  readonly spans: number[];
  readonly open: number[];
}

/** What one agent does: runs with spans in trees, and now and then something else. */
export class AgentDraft {
  readonly #random: Random;
  readonly #theme: Theme;
  readonly #slots: { next: number };
  readonly #instances: DraftInstance[] = [];
  readonly #steps: Step[] = [];

  constructor(random: Random, theme: Theme, slots: { next: number }) {
    this.#random = random;
    this.#theme = theme;
    this.#slots = slots;
  }

  steps(count: number): Step[] {
    const { waitMs, waitRate, hasClose } = this.#theme;
    while (this.#steps.length < count) {
      this.#draw();
      if (this.#random() < waitRate) {
        this.#steps.push({ do: 'wait', ms: Math.ceil(this.#random() * waitMs) });
      }
    }
    if (this.#random() < 0.6) this.#finishAll();
    if (hasClose) {
      const timeoutMs = pick(this.#random, [10_000, 200, 5]);
      const place = Math.ceil((0.5 + this.#random() * 0.5) * this.#steps.length);
      this.#steps.splice(place, 0, { do: 'close', timeoutMs });
    }
    return this.#steps;
  }

  #draw(): void {
    const instance = this.#instances.at(-1);
    if (instance === undefined || this.#random() < 0.06) {
      this.#register();
      return;
    }
    const roll = this.#random();
    if (roll < 0.48) this.#create(instance);
    else if (roll < 0.66) this.#finish(instance);
    else this.#drawRare(instance);
  }

  #register(): void {
    const slot = this.#slots.next++;
    this.#instances.push({ slot, spans: [], open: [] });
    this.#steps.push({
      do: 'register',
      slot,
      hasOwnId: this.#random() < 0.3,
      ...this.#terms(),
    });
    if (this.#random() < 0.7) {
      this.#steps.push({ do: 'start', of: slot, how: 'reference', ...this.#terms() });
    }
  }

  #create({ slot: of, spans, open }: DraftInstance): void {
    const slot = this.#slots.next++;
    const isActive = this.#random() < 0.7;
    const parent = this.#random() < 0.6 ? spans.at(-Math.ceil(this.#random() * 3)) : undefined;
    const payloadBytes = this.#random() < 0.1 ? 1_500 : Math.floor(this.#random() * 120);
    const how = this.#how();
    this.#steps.push({
      do: 'create',
      slot,
      of,
      parent,
      how,
      isActive,
      payloadBytes,
      ...this.#terms(),
    });
    spans.push(slot);
    if (isActive) open.push(slot);
  }

  #finish({ spans, open }: DraftInstance): void {
    const isOpen = this.#random() < 0.9;
    const of = isOpen ? open.pop() : spans.at(-1);
    if (of !== undefined) {
      this.#steps.push({ do: 'finish', of, how: this.#how(), ...this.#terms() });
    }
  }

  #drawRare({ slot: of, spans }: DraftInstance): void {
    const random = this.#random;
    const name = (): number => -1 - Math.floor(random() * NAMES);
    const span = spans.at(-1) ?? of;
    const steps: readonly (() => Step | undefined)[] = [
      () => ({ do: 'quality', of, how: this.#how(), ...this.#terms() }),
      () => (random() < 0.4 ? { do: 'end', of, how: this.#how(), ...this.#terms() } : undefined),
      () => ({
        do: 'finish foreign',
        index: Math.floor(random() * FOREIGN_SPANS),
        ...this.#terms(),
      }),
      () => ({ do: 'recreate', of: span, ...this.#terms() }),
      () => ({
        do: 'submit',
        makes: random() < 0.3 ? name() : undefined,
        changes: random() < 0.4 ? name() : undefined,
        uses: random() < 0.5 ? [name(), span].slice(0, Math.ceil(random() * 2)) : [],
        ...this.#terms(),
      }),
      () => ({ do: 'again', index: Math.floor(random() * 6), ...this.#abort() }),
      () => ({ do: 'clash', of }),
      () => ({ do: 'invalid', slot: this.#slots.next++, of }),
      () => ({
        do: 'execute',
        items: Math.ceil(random() * 3),
        ...this.#fate(),
        ...this.#abort(),
      }),
      () => (random() < 0.3 ? { do: 'terminate', of } : undefined),
      () => ({
        do: 'flush',
        timeoutMs: random() < 0.3 ? Math.ceil(random() * 100) : undefined,
        isAwaited: random() < 0.2,
      }),
      () => ({ do: 'ready' }),
      () => (this.#theme.hasHide ? { do: 'hide' } : undefined),
    ];
    const step = pick(random, steps)();
    if (step !== undefined) this.#steps.push(step);
  }

  #finishAll(): void {
    for (const { slot, open } of this.#instances) {
      for (const of of open.toReversed()) {
        this.#steps.push({ do: 'finish', of, how: this.#how(), ...this.#terms() });
      }
      this.#steps.push({ do: 'end', of: slot, how: 'reference', ...this.#terms() });
    }
  }

  #how(): How {
    return pick(this.#random, this.#theme.how);
  }

  #terms(): CallTerms {
    const hasOwnKey = this.#random() < this.#theme.ownKeyRate;
    return { ...this.#fate(), ...this.#abort(), ...(hasOwnKey && { hasOwnKey }) };
  }

  #fate(): { fate?: Fate } {
    const { fates, fateRate } = this.#theme;
    return this.#random() < fateRate ? { fate: pick(this.#random, fates) } : {};
  }

  #abort(): { abortAfterMs?: number } {
    const { abortRate } = this.#theme;
    if (this.#random() >= abortRate) return {};
    return { abortAfterMs: Math.floor(this.#random() * pick(this.#random, [2, 60, 1_000])) };
  }
}
