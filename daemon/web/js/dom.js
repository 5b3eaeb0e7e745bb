/** Elements made in code, and those of the page by their id. */

/**
 * A new element. Properties are set as attributes, except `on...` listeners, `text`, and what is true or false.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProperty(node, name, value);
  node.append(.../** @type {(Node | string)[]} */ (children.filter((child) => child || child === "")));
  return node;
}

/** @param {HTMLElement} node @param {string} name @param {any} value */
function setProperty(node, name, value) {
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "text") node.textContent = value;
  else if (typeof value === "boolean") node.toggleAttribute(name, value);
  else if (value !== undefined && value !== null) node.setAttribute(name, String(value));
}

/**
 * The element of the page with this id.
 * @param {string} id
 * @returns {any}
 */
export const byId = (id) => document.getElementById(id);

const SVG = "http://www.w3.org/2000/svg";

/**
 * A symbol of the page's sprite; it says nothing to a screen reader.
 * @param {string} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/**
 * The list with what is in `items`; a node is made for a key once and then kept up to date, so focus stays.
 * @template T
 * @param {HTMLElement} list
 * @param {T[]} items
 * @param {(item: T) => string} key
 * @param {(item: T, node?: HTMLElement) => HTMLElement} row makes the node, or updates the given one
 */
export function syncList(list, items, key, row) {
  const known = new Map([...list.children].map((node) => [/** @type {HTMLElement} */ (node).dataset.key, node]));
  const wanted = items.map((item) => {
    const old = /** @type {HTMLElement | undefined} */ (known.get(key(item)));
    const node = row(item, old);
    node.dataset.key = key(item);
    known.delete(key(item));
    if (old && old !== node) old.replaceWith(node);
    return node;
  });
  for (const node of known.values()) node.remove();
  wanted.forEach((node, place) => {
    if (list.children[place] !== node) list.insertBefore(node, list.children[place] ?? null);
  });
}
