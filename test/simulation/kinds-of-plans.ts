/** What can be said of a run before it begins. */
import type { Fate, Plan } from './plan.ts';

/** The server goes on behind an item that it has not run: no client can hold the order then. */
export function skipsItems({ faults }: Plan): boolean {
  return faults.some(({ fault }) => fault.kind === 'omit' && fault.runs === false);
}

/** Requests get to the server after the client has stopped waiting for them: it cannot call them back. */
export function holdsUp({ faults }: Plan): boolean {
  return faults.some(({ heldUpMs }) => heldUpMs !== undefined);
}

/** Only items are to blame: nothing is wrong with the way, or with the server's patience. */
export function isPoisonOnly({
  faults,
  outages,
  freezes,
  tokenFaults,
  server,
  options,
}: Plan): boolean {
  return (
    faults.length === 0 &&
    outages.length === 0 &&
    freezes.length === 0 &&
    tokenFaults.length === 0 &&
    server.maxItems === undefined &&
    server.maxBytes === undefined &&
    server.maxInFlight === undefined &&
    server.maxPerSecond === undefined &&
    options.attemptTimeoutMs > 2_000
  );
}

/** Besides items that the server refuses, only answers are to blame: each comes, in time. */
export function isSpoiltOnly(plan: Plan): boolean {
  return (
    isPoisonOnly({ ...plan, faults: [] }) &&
    plan.faults.every(({ answer }) => answer !== undefined) &&
    fatesOf(plan).every((fate) => fate === 'refused')
  );
}

/** Besides items that the server refuses, all that goes wrong is one stop of the process. */
export function isFrozenOnly(plan: Plan): boolean {
  return (
    isPoisonOnly({ ...plan, freezes: [] }) &&
    plan.freezes.length === 1 &&
    fatesOf(plan).every((fate) => fate === 'refused')
  );
}

/** The server answers in time, and nothing waits for an item that never gets through. */
export function isCalm(plan: Plan): boolean {
  return (
    isPoisonOnly(plan) &&
    plan.options.deliveryTimeoutMs >= 60_000 &&
    fatesOf(plan).every((fate) => fate === 'refused' || fate === 'passes once')
  );
}

/** All that goes wrong is over long before the calls have waited for too long. */
export function endsInTime(plan: Plan): boolean {
  const { attemptTimeoutMs, deliveryTimeoutMs } = plan.options;
  const endless: readonly Fate[] = ['never passes', 'poison 500', 'poison drop'];
  const lostMs = plan.faults.reduce((sum, { fault, heldUpMs = 0 }) => {
    const takesMs =
      fault.kind === 'endless' ? attemptTimeoutMs : Math.max(fault.delayMs ?? 0, heldUpMs);
    return sum + Math.min(attemptTimeoutMs, takesMs);
  }, 0);
  return (
    deliveryTimeoutMs >= 300_000 &&
    plan.freezes.length === 0 &&
    attemptTimeoutMs >= 1_000 &&
    lostMs <= 60_000 &&
    !fatesOf(plan).some((fate) => endless.includes(fate))
  );
}

/** Besides being calm: whatever waits, waits for an answer. */
export function isBrisk(plan: Plan): boolean {
  return (
    isCalm(plan) &&
    plan.options.window === 'tick' &&
    fatesOf(plan).every((fate) => fate === 'refused')
  );
}

function fatesOf({ agents }: Plan): Fate[] {
  return agents.flatMap((steps) =>
    steps.flatMap((step) => ('fate' in step && step.fate !== undefined ? [step.fate] : [])),
  );
}
