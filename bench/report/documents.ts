/** Puts the results where they are read: the documents, between their markers, and the plots. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { plots } from '../plots/index.ts';
import type { Results } from '../results.ts';
import { sectionOf } from './sections.ts';

const ROOT = new URL('../../', import.meta.url);
const RESULTS = new URL('bench/results.json', ROOT);
const DOCUMENTS = ['README.md', 'docs/internals/performance.md'];
const PLOTS = 'docs/bench/';

/** Undefined where nothing was measured yet. */
export function readResults(): Results | undefined {
  if (!existsSync(RESULTS)) return undefined;
  return JSON.parse(readFileSync(RESULTS, 'utf8')) as Results;
}

export function writeResults(results: Results): void {
  writeFileSync(RESULTS, `${JSON.stringify(results, undefined, 2)}\n`);
}

/** All files that show results, by their paths, as they should be. */
export function rendered(results: Results): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const path of DOCUMENTS) {
    files.set(path, filled(readFileSync(new URL(path, ROOT), 'utf8'), results));
  }
  for (const [name, text] of plots(results)) files.set(PLOTS + name, text);
  return files;
}

export function render(): void {
  const results = readResults();
  if (results === undefined) throw new Error('There is no bench/results.json yet: run the bench.');
  mkdirSync(new URL(PLOTS, ROOT), { recursive: true });
  for (const [path, text] of rendered(results)) writeFileSync(new URL(path, ROOT), text);
}

/** `<!-- bench:s1 -->` to `<!-- /bench:s1 -->`: what is between them is made here. */
function filled(document: string, results: Results): string {
  return document.replace(
    /(<!-- bench:([\w-]+) -->\n)[\s\S]*?(<!-- \/bench:\2 -->)/g,
    (_, start: string, name: string, end: string) =>
      `${start}\n${sectionOf(name, results)}\n\n${end}`,
  );
}
