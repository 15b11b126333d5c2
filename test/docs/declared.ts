/** Reads the interfaces of src/, as far as documents have to agree with them. */
import { readFileSync } from 'node:fs';

export interface Field {
  readonly name: string;
  readonly isOptional: boolean;
  /** As written, on one line. */
  readonly type: string;
  /** Its comment without the default; empty where it has none. */
  readonly doc: string;
  /** What follows `@default`. */
  readonly defaultsTo: string | undefined;
}

/** The fields of an interface, in the order of the source. */
export function fieldsOf(file: string, name: string): Field[] {
  const source = sourceOf(file);
  const start = source.search(new RegExp(`\\binterface ${name}\\b`));
  if (start < 0) throw new Error(`src/${file} has no interface ${name}`);
  return fieldsIn(insideBraces(source, source.indexOf('{', start)));
}

/**
 * The fields of a type that is written out between braces, such as the detail of an event; without what stands
 * for all further ones, `[field: string]: unknown`.
 */
export function fieldsIn(body: string): Field[] {
  const fields: Field[] = [];
  let comment = '';
  let rest = body.trim();
  while (rest !== '') {
    const [found] = /^\/\*[\s\S]*?\*\/|^\/\/.*/.exec(rest) ?? [];
    if (found !== undefined) {
      comment = found;
    } else {
      const declaration = declarationAt(rest);
      if (!/^(?:readonly )?\[/.test(declaration)) fields.push(fieldOf(declaration, comment));
      comment = '';
    }
    rest = rest.slice((found ?? declarationAt(rest)).length).replace(/^[;\s]+/, '');
  }
  return fields;
}

/** The words of a union of strings: a type of that name. */
export function wordsOf(file: string, name: string): string[] {
  const [, union] = new RegExp(`\\btype ${name} =([^;]+);`).exec(sourceOf(file)) ?? [];
  if (union === undefined) throw new Error(`src/${file} has no type ${name}`);
  return wordsIn(union);
}

/** The strings in a type. */
export function wordsIn(type: string): string[] {
  return [...type.matchAll(/'([^']+)'/g)].map(([, word = '']) => word);
}

function sourceOf(file: string): string {
  return readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
}

function insideBraces(source: string, open: number): string {
  let depth = 0;
  for (let at = open; at < source.length; at++) {
    if (source[at] === '{') depth++;
    if (source[at] === '}' && --depth === 0) return source.slice(open + 1, at);
  }
  throw new Error('a brace is never closed');
}

/** Up to the semicolon that ends it, not one within its type. */
function declarationAt(text: string): string {
  let depth = 0;
  for (const [at, character] of [...text].entries()) {
    if ('{(['.includes(character)) depth++;
    if ('})]'.includes(character)) depth--;
    if (character === ';' && depth === 0) return text.slice(0, at);
  }
  return text.trim();
}

function fieldOf(declaration: string, comment: string): Field {
  const [, name = '', mark, type = ''] =
    /^(?:readonly )?(\w+)(\?)?:([\s\S]+)$/.exec(declaration) ?? [];
  if (name === '') throw new Error(`cannot read the declaration "${declaration}"`);
  const [doc = '', defaultsTo] = withoutStars(comment).split(/\s*@default\s+/);
  const isOptional = mark !== undefined;
  return { name, isOptional, type: type.replace(/\s+/g, ' ').trim(), doc, defaultsTo };
}

function withoutStars(comment: string): string {
  return comment
    .replace(/^\/\*\*?|\*\/$/g, '')
    .replace(/^\s*\*/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}
