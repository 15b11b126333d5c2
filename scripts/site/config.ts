/** How VitePress makes the site. No types of VitePress: other checks do not install it. */
import { join } from 'node:path';
import { root } from '../../tools/run.ts';
import { anchorOf } from './links.ts';
import type { Markdown } from './markdown.ts';
import { asSite } from './markdown.ts';
import { groupsOf } from './navigation.ts';
import { blob, defaultBase, pages, repository } from './pages.ts';

const base = process.env['SITE_BASE'] ?? defaultBase;

const decisions = [
  { text: 'All documents', link: '/documents' },
  { text: 'Decisions', link: '/decisions/' },
  ...groupsOf('docs/decisions/README.md'),
];

/** Users come first: `path` is that of a page. VitePress copies the function's text into the pages. */
function weightOf(path: string): number {
  return /\/(decisions|internals)\//.test(path) ? 0.4 : 1;
}

/** Three calls that become one request. */
const icon =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='7' fill='#0969da'/><path d='M6 9h6l5 7h9M6 16h20M6 23h6l5-7' fill='none' stroke='#fff' stroke-width='3'/></svg>";

/** Of Vite, what is used here. */
interface Resolving {
  resolve(id: string, importer: string): Promise<unknown>;
}

/** Vite looks for Vue from the root of the repository on, where it is not. */
const vueOfTheSite = {
  name: 'vue-of-the-site',
  enforce: 'pre',
  resolveId(this: Resolving, id: string, importer = '', { ssr = false } = {}): unknown {
    if (!/^vue($|\/)/.test(id)) return undefined;
    // What makes the pages runs in this process, and shares its Vue.
    if (ssr) return { id, external: true };
    const isOfPage = /\.md($|\?)/.test(importer);
    return isOfPage ? this.resolve(id, join(root, 'scripts/site/config.ts')) : undefined;
  },
};

export const config = {
  title: 'prefactor-autobatch',
  description: 'A TypeScript client that reports what AI agents do to Prefactor, in batches.',
  lang: 'en',
  base,
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
  srcDir: root,
  srcExclude: ['!(docs)/**/*.md', '!(README).md'],
  outDir: join(root, 'scripts/site/dist'),
  cacheDir: join(root, 'scripts/site/node_modules/.cache/vitepress'),
  rewrites: Object.fromEntries(pages),
  markdown: {
    anchor: { slugify: anchorOf },
    config: (markdown: Markdown) => asSite(markdown, { root, base }),
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/guide/which-way-in', activeMatch: '/guide/' },
      { text: 'Reference', link: '/reference/calls', activeMatch: '/(reference|api)/' },
      { text: 'Inside', link: '/architecture', activeMatch: '/(architecture|internals|decisions)' },
      { text: 'All documents', link: '/documents' },
      { text: 'GitHub', link: repository },
    ],
    sidebar: { '/': groupsOf('docs/README.md'), '/decisions/': decisions },
    outline: { level: [2, 3], label: 'On this page' },
    search: {
      provider: 'local',
      options: { detailedView: true, miniSearch: { searchOptions: { boostDocument: weightOf } } },
    },
    externalLinkIcon: false,
    editLink: { pattern: `${blob}:path`, text: 'This page on GitHub' },
    notFound: {
      title: 'There is no such page',
      quote: 'It may have moved: the search and the list of all documents know where to.',
      linkText: 'To the start page',
      linkLabel: 'To the start page',
    },
  },
  vite: {
    plugins: [vueOfTheSite],
    build: { chunkSizeWarningLimit: 2_000 },
  },
  transformPageData({ relativePath }: { relativePath: string }) {
    if (relativePath !== 'index.md') return {};
    return { frontmatter: { sidebar: false, aside: false, pageClass: 'start', editLink: false } };
  },
};
