/** The ways into the package, as the start page shows them: the table of README, as cards. */
import { siteLink } from './links.ts';
import { documentAt } from './pages.ts';
import { escaped } from './text.ts';

/** `base`: where the site stands. */
export function waysInHtml(base: string): string {
  const cards = waysIn().map(({ program, take, link }) => {
    const href = base + link.slice(1).replace('.md', '.html');
    return `<a href="${href}"><b>${escaped(program)}</b> <span>${escaped(take)}</span></a>`;
  });
  return `<nav class="ways-in" aria-label="Ways in" v-pre><p>Your program …</p>${cards.join('')}</nav>`;
}

interface Way {
  readonly program: string;
  readonly take: string;
  readonly link: string;
}

function waysIn(): Way[] {
  const [, table = ''] = documentAt('README.md').split('| your program | take |\n| --- | --- |\n');
  return table
    .slice(0, table.indexOf('\n\n'))
    .split('\n')
    .map((row) => {
      const [, program = '', take = ''] = /^\| (.*) \| (.*) \|$/.exec(row) ?? [];
      const [, words = '', target = ''] = /\[(.*?)\]\(([^)\s]+)/.exec(take) ?? [];
      return { program, take: words.replaceAll('`', ''), link: siteLink('README.md', target) };
    });
}
