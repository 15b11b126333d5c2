/** 12,345. */
export function amount(value: number): string {
  return value.toLocaleString('en');
}

/** 812 B, 1.3 kB, 54.7 MB. */
export function bytes(value: number): string {
  if (value < 1_000) return `${value} B`;
  return value < 1e6 ? `${(value / 1e3).toFixed(1)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}

/** 0.85 ms, 24.1 ms, 1.30 s. */
export function duration(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(2)} s`;
  return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}

/** `['2 failed']`, or an empty list for 0. */
export function some(count: number, one: string, many: string = one): readonly string[] {
  return count > 0 ? [`${amount(count)} ${count === 1 ? one : many}`] : [];
}

/** Lines of a label, padded to a width, and its parts. */
export function table(width: number, rows: readonly (readonly string[])[]): readonly string[] {
  return rows.map(([label = '', ...parts]) => label.padEnd(width) + parts.join(', '));
}
