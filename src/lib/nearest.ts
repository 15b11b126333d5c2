/** More candidates than these are not listed in a message. */
const MAX_LISTED_CANDIDATES = 12;

/** What a message about an unknown name goes on with: the nearest one; where none is near, all if they are few. */
export function knownNames(
  name: string,
  candidates: readonly string[],
  show: (candidate: string) => string = (candidate) => candidate,
): string {
  const near = nearest(name, candidates);
  if (near !== undefined) return `; the nearest is ${show(near)}`;
  return candidates.length > MAX_LISTED_CANDIDATES
    ? ''
    : `; known are ${candidates.map(show).join(', ')}`;
}

/**
 * The candidate that `name` is most likely meant for, if one is near; both may have a section:
 * `batch.maxItems`.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const far = distance(name, candidate);
    if (far < least) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

/** Infinity where more than about half of the word is other than it should be. */
function distance(from: string, to: string): number {
  const [section, word] = sectionAndWordOf(from);
  const [otherSection, otherWord] = sectionAndWordOf(to);
  // A name without a section may just lack it.
  const toSection = section === otherSection ? 0 : section === '' ? 1 : 3;
  // Part of a name, as `timeout` of `attemptTimeoutMs`, is many letters away and yet meant.
  const isPart = word.length > 2 && otherWord.includes(word);
  const wrong = lettersApart(word, otherWord);
  if (isPart) return toSection + Math.min(wrong, 3);
  return wrong <= Math.ceil(0.4 * word.length) ? toSection + wrong : Number.POSITIVE_INFINITY;
}

function sectionAndWordOf(name: string): [section: string, word: string] {
  const dot = name.lastIndexOf('.');
  return [name.slice(0, Math.max(0, dot)), name.slice(dot + 1).toLowerCase()];
}

/** Levenshtein distance by rows, in which two neighbours that changed places count as one mistake. */
function lettersApart(from: string, to: string): number {
  let aboveThat: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const here = [row];
    for (let column = 1; column <= to.length; column++) {
      const swap = from[row - 1] === to[column - 1] ? 0 : 1;
      const isTurned = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      here.push(
        Math.min(
          (above[column] ?? 0) + 1,
          (here[column - 1] ?? 0) + 1,
          (above[column - 1] ?? 0) + swap,
          isTurned ? (aboveThat[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    aboveThat = above;
    above = here;
  }
  return above[to.length] ?? 0;
}
