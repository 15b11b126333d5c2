import type { PageFile } from './http-server.ts';
import { legend } from './legend.ts';
import { pageTexts } from './page-texts.ts';

const types: Readonly<Record<string, string>> = {
  html: 'text/html',
  css: 'text/css',
  js: 'text/javascript',
  svg: 'image/svg+xml',
};

/** What the page is made of, by paths. The legend is handed to it as a style and a module. */
export function pageFiles(): ReadonlyMap<string, PageFile> {
  const texts = new Map([
    ...Object.entries(pageTexts()),
    ['legend.css', legendStyle()],
    ['legend.js', `export const legend = ${JSON.stringify(legend)};\n`],
  ]);
  const files = [...texts].map(([name, text]): [string, PageFile] => {
    const type = types[name.replace(/^.*\./, '')] ?? 'text/plain';
    return [name === 'index.html' ? '/' : `/${name}`, { type, text }];
  });
  return new Map(files);
}

function legendStyle(): string {
  const colours = (ground: 'light' | 'dark'): string =>
    Object.entries(legend)
      .map(([name, entry]) => `--${name}: ${entry[ground]};`)
      .join(' ');
  return `:root { ${colours('light')} }
@media (prefers-color-scheme: dark) { :root { ${colours('dark')} } }
`;
}
