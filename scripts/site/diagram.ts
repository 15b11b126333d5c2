/** A diagram of layers as a table, which needs no program in the page, and can be read and searched. */
import { escaped } from './text.ts';

interface Part {
  readonly name: string;
  readonly words: string;
}

/** Of a Mermaid flowchart with the nodes `id["name<br>words"]` and the arrows `a --> b & c`; nothing for another one. */
export function diagramHtml(mermaid: string): string | undefined {
  const [kind, ...lines] = mermaid.trim().split('\n');
  if (kind !== 'flowchart TD') return undefined;
  const parts = new Map<string, Part>();
  const arrows = new Map<string, string[]>();
  for (const line of lines) {
    const [, id = '', name = '', words = ''] = /^\s*([\w.]+)\["(.*?)<br>(.*)"\]$/.exec(line) ?? [];
    const [, from = '', to = ''] = /^\s*([\w.]+) --> (.+)$/.exec(line) ?? [];
    if (id !== '') parts.set(id, { name, words });
    else if (from !== '') arrows.set(from, to.split(' & '));
    else throw new Error(`a diagram has a line of a kind that is not known here: ${line}`);
  }
  const names = (ids: readonly string[]): string =>
    ids.map((id) => `<code>${escaped(parts.get(id)?.name ?? id)}</code>`).join(' ');
  const rows = [...parts].map(
    ([id, { words }]) =>
      `<tr><td>${names([id])}</td><td>${escaped(words)}</td><td>${names(arrows.get(id) ?? [])}</td></tr>`,
  );
  const head = '<tr><th>part</th><th>what is in it</th><th>imports from</th></tr>';
  return `<table class="diagram" v-pre><thead>${head}</thead><tbody>${rows.join('')}</tbody></table>`;
}
