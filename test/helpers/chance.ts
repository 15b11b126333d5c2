import { onTestFinished, vi } from 'vitest';

/** Makes all jitter come out alike: a delay is that part of its upper end. */
export function fixedChance(part: number): void {
  const random = vi.spyOn(Math, 'random').mockReturnValue(part);
  onTestFinished(() => random.mockRestore());
}
