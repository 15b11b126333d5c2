/** Numbers, times and names as people read them. */
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export function amount(count) {
  return whole.format(count);
}

export function counted(count, one, many = `${one}s`) {
  return `${amount(count)} ${count === 1 ? one : many}`;
}

export function duration(ms) {
  if (ms === null || ms === undefined) return '–';
  if (ms < 10) return `${tenths.format(ms)} ms`;
  if (ms < 1_000) return `${whole.format(ms)} ms`;
  if (ms < 60_000) return `${tenths.format(ms / 1_000)} s`;
  return `${tenths.format(ms / 60_000)} min`;
}

export function size(bytes) {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000
    ? `${tenths.format(bytes / 1_000)} kB`
    : `${tenths.format(bytes / 1_000_000)} MB`;
}

export function clockTime(at) {
  return new Date(at).toLocaleTimeString('en-GB');
}

/** `notAttempted`: "not attempted". */
export function spaced(name) {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Why a request left; the same words as in docs/reference/events-and-stats.md. */
export const reasons = {
  full: 'its batch was full',
  idle: 'no other was in flight',
  aged: 'its oldest item had waited long enough',
  requeue: 'it has skipped items',
  bisect: 'it is a half of a batch that failed as a whole',
  packed: 'its caller packed it',
  flush: 'flush was called',
  close: 'close was called',
  probe: 'it finds out whether an outage or a pause is over',
  outlive: 'it is to outlive its process',
};
