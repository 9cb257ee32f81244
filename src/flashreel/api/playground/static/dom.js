/** Small helpers over the DOM. Text is only ever set as text: no markup is made from what somebody wrote. */

/**
 * The element of this id.
 * @template {HTMLElement} T
 * @param {string} id
 * @returns {T}
 */
export const $ = (id) => /** @type {any} */ (document.getElementById(id));

/**
 * A new element. `on...` properties are listeners, names with a dash are attributes, all else is set as it is.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node|string|null)} children
 * @returns {any}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
    else /** @type {any} */ (element)[name] = value;
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {boolean} shown
 */
export function show(element, shown) {
  element.hidden = !shown;
}

/**
 * Sets the text, or hides the element where there is none.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
  show(element, text !== "");
}

/**
 * Says something to screen readers alone.
 * @param {string} text
 */
export function announce(text) {
  $("live").textContent = text;
}

let toasting = 0;

/**
 * Says something for a few seconds.
 * @param {string} text
 */
export function toast(text) {
  say($("toast"), text);
  clearTimeout(toasting);
  toasting = setTimeout(() => say($("toast"), ""), 4000);
}

/**
 * Puts text on the clipboard; outside https and localhost browsers have it the old way only.
 * @param {string} text
 * @param {string} what
 */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { value: text, className: "unseen" });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) return toast("This browser does not let the page copy.");
  }
  return toast(`${what} copied.`);
}

/**
 * A group of radio buttons.
 * @param {HTMLElement} parent
 * @param {string} name
 * @param {string[]} values
 * @param {string} chosen
 * @param {(value: string) => (Node|string)[]} draw what stands in a button's label
 */
export function radios(parent, name, values, chosen, draw) {
  parent.replaceChildren(
    ...values.map((value) =>
      make(
        "label",
        { className: "choice" },
        make("input", { type: "radio", name, value, checked: value === chosen }),
        make("span", {}, ...draw(value)),
      ),
    ),
  );
}

/**
 * The value of the radio button that is chosen.
 * @param {string} name
 * @returns {string}
 */
export function chosen(name) {
  const input = /** @type {HTMLInputElement|null} */ (document.querySelector(`input[name=${name}]:checked`));
  return input ? input.value : "";
}
