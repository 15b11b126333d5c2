/** SVG as text: a few elements, and one look for all plots, in light and in dark. */

export const WIDTH = 860;

type Value = string | number;

export function element(
  name: string,
  attributes: Readonly<Record<string, Value>>,
  content = '',
): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${rounded(value)}"`);
  return content === ''
    ? `<${name}${list.join('')}/>`
    : `<${name}${list.join('')}>${content}</${name}>`;
}

/** `look` is one or more of the classes below. */
export function text(x: number, y: number, look: string, content: string): string {
  return element('text', { x, y, class: look }, escaped(content));
}

export function line(x1: number, y1: number, x2: number, y2: number, look: string): string {
  return element('line', { x1, y1, x2, y2, class: look });
}

export function bar(x: number, y: number, width: number, height: number, look: string): string {
  return element('rect', { x, y, width: Math.max(width, 1), height, rx: 2, class: look });
}

/** A whole picture, with the run that it is of at its foot. */
export function picture(
  title: string,
  subtitle: string,
  foot: string,
  height: number,
  parts: readonly string[],
): string {
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    text(16, 28, 'title', title),
    text(16, 48, 'soft', subtitle),
    ...parts,
    text(16, height - 12, 'soft small', foot),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

export type Look = 'ours' | 'floor' | 'peer';

export function lookOf(contender: string): Look {
  if (contender.startsWith('ours')) return 'ours';
  return contender.startsWith('floor') ? 'floor' : 'peer';
}

const STYLE = `
text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #59636e }
.title { font-size: 16px; font-weight: 600 }
.head { font-size: 13px; font-weight: 600 }
.small { font-size: 11px }
.soft { fill: #6e7781 }
.end { text-anchor: end }
.middle { text-anchor: middle }
.axis { stroke: #8c959f; stroke-opacity: .35 }
.mark { stroke: #8c959f; stroke-dasharray: 4 3 }
.gap { stroke: #fff; stroke-width: 3 }
.ours { fill: #0969da; color: #0969da }
.floor { fill: #8c959f; color: #8c959f }
.peer { fill: #d4a72c; color: #d4a72c }
path.curve { fill: none; stroke: currentColor; stroke-width: 2 }
text.ours { font-weight: 600 }
.halo { paint-order: stroke; stroke: #fff; stroke-width: 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .soft { fill: #8d96a0 }
  .gap, .halo { stroke: #0d1117 }
  .ours { fill: #4493f8; color: #4493f8 }
  .peer { fill: #bb8009; color: #bb8009 }
}`;

function rounded(value: Value): string {
  return typeof value === 'number' ? String(Math.round(value * 10) / 10) : escaped(value);
}

function escaped(content: string): string {
  return content
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
