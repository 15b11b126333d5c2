/** What the site shows otherwise than GitHub does: links, the start page, and diagrams. */
import { diagramHtml } from './diagram.ts';
import { siteLink, sitePicture } from './links.ts';
import { pages } from './pages.ts';
import { waysInHtml } from './ways-in.ts';

/** Of markdown-it, what is used here. */
interface Token {
  readonly type: string;
  readonly info: string;
  readonly children: Token[] | null;
  content: string;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

interface State {
  readonly tokens: Token[];
  readonly env: { readonly realPath?: string; readonly path?: string };
  readonly Token: new (type: string, tag: string, nesting: number) => Token;
}

type Rule = (tokens: Token[], index: number, ...rest: unknown[]) => string;

export interface Markdown {
  readonly core: { readonly ruler: { push(name: string, rule: (state: State) => void): void } };
  readonly renderer: { readonly rules: Record<string, Rule | undefined> };
}

interface Where {
  /** Of the repository, with a slash at its end. */
  readonly root: string;
  readonly base: string;
}

export function asSite(markdown: Markdown, { root, base }: Where): void {
  markdown.core.ruler.push('site', ({ tokens, env, Token }) => {
    const document = documentOf((env.realPath ?? env.path ?? '').replace(root, ''));
    for (const token of tokens.flatMap((one) => one.children ?? [])) adapt(token, document);
    if (document !== 'README.md') return;
    const ways = new Token('html_block', '', 0);
    ways.content = waysInHtml(base);
    // Behind the drawing, which is the first fence.
    tokens.splice(tokens.findIndex(({ type }) => type === 'fence') + 1, 0, ways);
  });
  const { fence } = markdown.renderer.rules;
  markdown.renderer.rules['fence'] = (tokens, index, ...rest) => {
    const { info = '', content = '' } = tokens[index] ?? {};
    const diagram = info === 'mermaid' ? diagramHtml(content) : undefined;
    const html = diagram ?? fence?.(tokens, index, ...rest) ?? '';
    return info.startsWith('text output') ? html.replace('class="', 'class="printed ') : html;
  };
}

function adapt(token: Token, document: string): void {
  const [href, source] = [token.attrGet('href'), token.attrGet('src')];
  if (href !== null) token.attrSet('href', siteLink(document, href));
  if (source !== null) token.attrSet('src', sitePicture(document, source));
}

/** The search reads a document by its path in the repository, a page by that in the site. */
function documentOf(path: string): string {
  if (pages.has(path)) return path;
  return [...pages].find(([, place]) => place === path)?.[0] ?? path;
}
