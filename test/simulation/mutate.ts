/**
 * Small edits of the sources. Each says in which function it is, and what the code mentions there, so that
 * it holds when files move and lines are laid out anew.
 */
import { parseAst } from 'rolldown/parseAst';

/** Texts of source files, by their paths. */
export type Sources = ReadonlyMap<string, string>;

export interface Mutation {
  readonly name: string;
  /** A function, or a method as `Class.method`; a private one without its `#`. */
  readonly in: string;
  readonly edit: Edit;
}

export type Edit = (target: Target) => Splice;

interface Target {
  /** Of the whole file. */
  readonly text: string;
  /** Of the function. */
  readonly body: Node;
  /** Says whose function it is, in messages. */
  readonly title: string;
}

/** What to write where. */
interface Splice {
  readonly start: number;
  readonly end: number;
  readonly code: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** A part of a function that can be written anew. */
interface Spot {
  readonly node: Node;
  /** What stands for it where it is left out. */
  readonly nothing: string;
  /** What becomes of the code that is to replace it. @default in parentheses */
  readonly write?: (code: string) => string;
}

export interface Place {
  /** Says what is looked for. */
  readonly words: string;
  readonly find: (body: Node) => readonly Spot[];
}

/** Writes what the mutation makes of the file that it is about. */
export function mutate(
  sources: Sources,
  { name, in: where, edit }: Mutation,
): { readonly path: string; readonly text: string } {
  const found = [...sources].flatMap(([path, text]) =>
    bodiesIn(text, where).map((body) => ({ path, text, body })),
  );
  const { path, text, body } = onlyOne(found, where, name);
  const { start, end, code } = edit({ text, body, title: `${name}: ${where} in src/${path}` });
  const mutated = text.slice(0, start) + code + text.slice(end);
  // It throws where that is no code.
  parseAst(mutated, { lang: 'ts' });
  return { path, text: mutated };
}

export function leaveOut(place: Place): Edit {
  return (target) => {
    const { node, nothing } = spotOf(place, target);
    return { start: node.start, end: node.end, code: nothing };
  };
}

export function change(place: Place, to: string | ((was: string) => string)): Edit {
  return (target) => {
    const { node, write = inParentheses } = spotOf(place, target);
    const { start, end } = node;
    const was = target.text.slice(start, end);
    return { start, end, code: write(typeof to === 'string' ? to : to(was)) };
  };
}

export function beginWith(code: string): Edit {
  return ({ body }) => ({ start: body.start + 1, end: body.start + 1, code });
}

export function endWith(code: string): Edit {
  return ({ body }) => ({ start: body.end - 1, end: body.end - 1, code });
}

/** The innermost statement that mentions it. */
export function statement(name: string): Place {
  const isStatement = ({ type }: Node): boolean =>
    (type.endsWith('Statement') && type !== 'BlockStatement') || type === 'VariableDeclaration';
  return {
    words: `statement with ${name}`,
    find: (body) =>
      innermost(nodesIn(body).filter(isStatement), name).map((node) => {
        return { node, nothing: '{}', write: (code) => code };
      }),
  };
}

/** What an `if`, a loop or a `?:` asks, and mentions it: left out, the answer is no. */
export function condition(name: string): Place {
  return {
    words: `condition on ${name}`,
    find: (body) => {
      const tests = nodesIn(body).flatMap(({ type, test }) =>
        isNode(test) && type !== 'SwitchCase' ? test : [],
      );
      return innermost(tests, name).map((node) => ({ node, nothing: 'false' }));
    },
  };
}

/** The call of a function or method. */
export function call(name: string): Place {
  return {
    words: `call of ${name}`,
    find: (body) =>
      nodesIn(body)
        .filter(({ type, callee }) => type === 'CallExpression' && nameOf(callee) === name)
        .map((node) => ({ node, nothing: 'undefined' })),
  };
}

/** The value that is returned, and mentions it. */
export function returned(name: string): Place {
  return {
    words: `return of ${name}`,
    find: (body) => {
      const values = nodesIn(body).flatMap(({ type, argument }) =>
        type === 'ReturnStatement' && isNode(argument) ? argument : [],
      );
      return innermost(values, name).map((node) => ({ node, nothing: 'undefined' }));
    },
  };
}

/** That property of an object that is written down. */
export function property(name: string): Place {
  return {
    words: `property ${name}`,
    find: (body) =>
      nodesIn(body)
        .filter(({ type }) => type === 'ObjectExpression')
        .flatMap(({ properties }) => properties as readonly Node[])
        .filter(({ key }) => nameOf(key) === name)
        .map((node) => {
          return { node, nothing: '...{}', write: (code) => `${name}: ${code}` };
        }),
  };
}

/** An operand of `&&` or `||` that mentions it, in a chain that mentions the other name as well. */
export function operand(name: string, beside = name): Place {
  return {
    words: `operand with ${name}${beside === name ? '' : ` beside ${beside}`}`,
    find: (body) => {
      const isChain = ({ type }: Node): boolean => type === 'LogicalExpression';
      const within = new Set(nodesIn(body).filter(isChain).flatMap(sidesOf));
      const spots = nodesIn(body)
        .filter((node) => isChain(node) && !within.has(node) && mentions(node, beside))
        .flatMap(operandsOf);
      const nodes = innermost(
        spots.map(({ node }) => node),
        name,
      );
      return spots.filter(({ node }) => nodes.includes(node));
    },
  };
}

function operandsOf(chain: Node): readonly Spot[] {
  const nothing = String(chain['operator'] === '&&');
  return sidesOf(chain).flatMap((node): readonly Spot[] =>
    node.type === 'LogicalExpression' ? operandsOf(node) : [{ node, nothing }],
  );
}

function sidesOf({ left, right }: Node): readonly Node[] {
  return [left as Node, right as Node];
}

function inParentheses(code: string): string {
  return `(${code})`;
}

/** The bodies of all functions of that name. */
function bodiesIn(text: string, where: string): readonly Node[] {
  const [name = '', method] = where.split('.');
  // To parse all files for each mutant would take long.
  if (!text.includes(name) || !text.includes(method ?? name)) return [];
  const named = nodesIn(parseAst(text, { lang: 'ts' }) as unknown as Node).filter(
    ({ id }) => nameOf(id) === name,
  );
  const functions =
    method === undefined
      ? named.filter(({ type }) => type === 'FunctionDeclaration')
      : named
          .filter(({ type }) => type === 'ClassDeclaration')
          .flatMap((one) => (one['body'] as { readonly body: readonly Node[] }).body)
          .filter(
            ({ type, key }) => /^(Method|Property)Definition$/.test(type) && nameOf(key) === method,
          )
          .map(({ value }) => value as Node);
  return functions.map(({ body }) => body).filter(isNode);
}

function spotOf({ words, find }: Place, { body, title }: Target): Spot {
  return onlyOne(find(body), words, title);
}

function onlyOne<T>(found: readonly T[], what: string, title: string): T {
  const [one] = found;
  if (one !== undefined && found.length === 1) return one;
  throw new Error(
    `${title} has ${found.length} times "${what}", where a mutant needs one. Bring test/simulation/mutants.ts up to date.`,
  );
}

/** Those of the nodes that mention it and hold no other one that does. */
function innermost(nodes: readonly Node[], name: string): readonly Node[] {
  const mentioning = nodes.filter((node) => mentions(node, name));
  return mentioning.filter(
    (node) => !mentioning.some((other) => other !== node && nodesIn(node).includes(other)),
  );
}

function mentions(node: Node, name: string): boolean {
  return nodesIn(node).some((one) => nameOf(one) === name || one['value'] === name);
}

/** What an identifier says, or the last part of a chain of them. */
function nameOf(node: unknown): unknown {
  if (!isNode(node)) return undefined;
  return node.type === 'MemberExpression' ? nameOf(node['property']) : node['name'];
}

/** The node, and all within it. */
function nodesIn(node: Node): readonly Node[] {
  const within = Object.values(node).flat().filter(isNode);
  return [node, ...within.flatMap(nodesIn)];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}
