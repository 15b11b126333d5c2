/** Ids as the client makes them, stated again: the doctor asks whether the API takes this form. */
import { randomInt } from 'node:crypto';

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const FORM = /^[0-7][0-9a-hjkmnp-tv-z]{31}$/;
const TIME_LENGTH = 10;
const PARTITION_LENGTH = 6;
const RANDOM_LENGTH = 16;

export function isPfid(text: string): boolean {
  return FORM.test(text);
}

/** A fresh id in the partition of another one; in any partition where that is no PFID. */
export function relatedId(id: string): string {
  const partition = isPfid(id)
    ? id.slice(TIME_LENGTH, TIME_LENGTH + PARTITION_LENGTH)
    : randomText(PARTITION_LENGTH);
  return timeText() + partition + randomText(RANDOM_LENGTH);
}

/** A fresh id in another partition than that one. */
export function unrelatedId(id: string): string {
  const related = relatedId(id);
  const digit = related.charAt(TIME_LENGTH);
  const other = DIGITS.charAt((DIGITS.indexOf(digit) + 1) % DIGITS.length);
  return related.slice(0, TIME_LENGTH) + other + related.slice(TIME_LENGTH + 1);
}

function timeText(): string {
  let text = '';
  for (let rest = Date.now(); text.length < TIME_LENGTH; rest = Math.floor(rest / 32)) {
    text = DIGITS.charAt(rest % 32) + text;
  }
  return text;
}

function randomText(length: number): string {
  return Array.from({ length }, () => DIGITS.charAt(randomInt(32))).join('');
}
