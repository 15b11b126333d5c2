import type { Output } from './fences.ts';

/** Whether a sample printed what the document says; blanks at the ends of lines do not count. */
export function isPrinted(printed: string, output: Output): boolean {
  const same = output.figures ? withoutFigures : withoutEnds;
  return same(printed) === same(output.text);
}

/** What differs from run to run: a time and its unit, a count of requests, and how far both are indented. */
function withoutFigures(text: string): string {
  return withoutEnds(text)
    .replace(/\d+(?:[.,]\d+)*/g, '0')
    .replace(/\b0 (?:µs|ms|s|min)\b/g, '0 s')
    .replace(/[ \t]+/g, ' ')
    .replace(/^ /gm, '');
}

function withoutEnds(text: string): string {
  return text.replace(/[ \t\r]+$/gm, '').trimEnd();
}
