/** The candidate that `name` most likely stands for; both may lie in a section: `batch.maxItems`. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const far = distance(split(name), split(candidate));
    if (far < least) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

interface Parts {
  readonly section: string;
  readonly word: string;
}

function split(name: string): Parts {
  const dot = name.lastIndexOf('.');
  return { section: name.slice(0, Math.max(0, dot)), word: name.slice(dot + 1).toLowerCase() };
}

function distance(from: Parts, to: Parts): number {
  // A name at the top may just lack its section.
  const toSection = from.section === to.section ? 0 : from.section === '' ? 1 : 3;
  // Half a name, as `timeout` for `attemptTimeoutMs`, is many letters away and yet meant.
  const isPart = from.word.length > 2 && to.word.includes(from.word);
  return toSection + Math.min(letters(from.word, to.word), isPart ? 3 : Number.POSITIVE_INFINITY);
}

/** Levenshtein distance, one row at a time. */
function letters(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const here = [row];
    for (let column = 1; column <= to.length; column++) {
      const swap = from[row - 1] === to[column - 1] ? 0 : 1;
      here.push(
        Math.min(
          (above[column] ?? 0) + 1,
          (here[column - 1] ?? 0) + 1,
          (above[column - 1] ?? 0) + swap,
        ),
      );
    }
    above = here;
  }
  return above[to.length] ?? 0;
}
