/** Makes and changes elements. Texts are only ever set as texts: what a server says is never read as HTML. */
const SVG = 'http://www.w3.org/2000/svg';

export const byId = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  return filled(made, attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

/** Sets a text, unless it is there already. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function filled(target, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'onclick') target.addEventListener('click', value);
    else if (value !== undefined && value !== null && value !== false)
      target.setAttribute(name, value);
  }
  target.append(...children.filter((child) => child !== undefined && child !== null));
  return target;
}
