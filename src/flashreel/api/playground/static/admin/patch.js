/** Brings what is shown to what it should be, and touches nothing that is the same: no flicker, no lost focus. */

/**
 * @param {Element} parent
 * @param {Node[]} wanted its children, as they should be; those with the same `data-key` are the same ones
 */
export function patch(parent, ...wanted) {
  const focused = document.activeElement;
  children(parent, wanted);
  if (focused instanceof HTMLElement && focused !== document.activeElement && parent.contains(focused)) {
    focused.focus({ preventScroll: true }); // it was moved
  }
}

/** @param {Node} node */
const keyOf = (node) => (node instanceof Element ? (node.getAttribute("data-key") ?? "") : "");

/**
 * @param {Element} parent
 * @param {Node[]} wanted
 */
function children(parent, wanted) {
  const keys = new Set(wanted.map(keyOf));
  const keyed = new Map();
  for (const child of [...parent.childNodes]) {
    const key = keyOf(child);
    if (key && !keys.has(key)) child.remove();
    else if (key) keyed.set(key, child);
  }
  /** @type {ChildNode|null} */
  let place = parent.firstChild;
  for (const node of wanted) {
    const key = keyOf(node);
    const have = key ? keyed.get(key) : place;
    if (!have || have.nodeName !== node.nodeName || keyOf(have) !== key) {
      parent.insertBefore(node, place);
      continue;
    }
    if (have === place) place = place?.nextSibling ?? null;
    else parent.insertBefore(have, place);
    update(have, node);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

/**
 * @param {Node} have
 * @param {Node} wanted
 */
function update(have, wanted) {
  if (!(have instanceof Element) || !(wanted instanceof Element)) {
    if (have.nodeValue !== wanted.nodeValue) have.nodeValue = wanted.nodeValue;
    return;
  }
  for (const { name, value } of wanted.attributes) {
    if (have.getAttribute(name) !== value) have.setAttribute(name, value);
  }
  for (const { name } of [...have.attributes]) {
    if (name !== "open" && !wanted.hasAttribute(name)) have.removeAttribute(name); // `open` is the reader's own
  }
  children(have, [...wanted.childNodes]);
}
