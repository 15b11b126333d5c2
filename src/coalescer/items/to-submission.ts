import { utf8Length } from '../../lib/text-arena.ts';
import type { Submission } from '../ports/submission.ts';
import type { Item } from './item.ts';

/** A pending item as plain data, which another engine can `adopt`. */
export function toSubmission(item: Item): Submission {
  const { extras, groups, key, madeName, readAs, type } = item;
  const changed = groups.find(({ shared, maker }) => !shared && maker !== item);
  return {
    key,
    type,
    ...textOf(item),
    readAs,
    fingerprint: extras?.fingerprint,
    echoBytes: extras?.echoBytes,
    makes: madeName,
    changes: changed?.queue.name,
    uses: groups.filter(({ shared }) => shared).map(({ queue }) => queue.name),
    precedes: extras?.precedes?.name,
    follows: extras?.follows,
    maybeApplied: item.maybeApplied || item.isAtServer,
  };
}

/** The text, cut where ids are still missing. */
function textOf({ bytes, extras, text }: Item): Pick<Submission, 'pieces' | 'bytes' | 'holes'> {
  if (text !== undefined) return { pieces: [text], bytes, holes: [] };
  const { pieces = [], holes = [] } = extras?.cut ?? {};
  let last = pieces[0] ?? '';
  const left: string[] = [];
  for (const [index, hole] of holes.entries()) {
    const next = pieces[index + 1] ?? '';
    if (typeof hole === 'string') {
      last += JSON.stringify(hole) + next;
    } else {
      left.push(last);
      last = next;
    }
  }
  const cut = [...left, last];
  return {
    pieces: cut,
    bytes: cut.reduce((sum, piece) => sum + utf8Length(piece), 0),
    holes: holes.filter((hole) => typeof hole === 'number'),
  };
}
