// The build puts the files of page/ in the place of this module, so that a bundle has them as well (scripts/build.ts).
const folder = new URL('./page/', import.meta.url);

/** The files of the page, by their names. */
export function pageTexts(): Readonly<Record<string, string>> {
  const { readdirSync, readFileSync } = globalThis.process.getBuiltinModule('node:fs');
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
  );
}
