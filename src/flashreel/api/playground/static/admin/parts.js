/** What the panels are made of: tables, badges, buttons that say what they do, dialogs that ask first. */

import { $, make, say } from "../dom.js";
import { plainly } from "../words.js";

/**
 * @typedef {{name: string, kind?: string}} Column `kind` is a class of its cells
 * @typedef {{key: string, cells: (Node|string)[]}} Row
 */

/**
 * A table, or a sentence where there are no rows.
 * @param {string} caption for screen readers
 * @param {Column[]} columns one without a name holds buttons
 * @param {Row[]} rows
 * @param {string} empty what there is to say, and to do, where there are none
 * @param {"cards"|"plain"|"titled"} [look] as cards where there is little room; a table for sure; one whose caption is seen
 * @returns {HTMLElement}
 */
export function table(caption, columns, rows, empty, look = "cards") {
  if (!rows.length) return make("p", { className: "empty" }, empty);
  const heads = columns.map(({ name, kind }) =>
    make("th", { scope: "col", role: "columnheader", className: kind ?? "" }, name || make("span", { className: "unseen" }, "Actions")),
  );
  const body = rows.map(({ key, cells }) =>
    make(
      "tr",
      { role: "row", "data-key": key },
      ...cells.map((cell, at) => make("td", { role: "cell", className: columns[at].kind ?? "", "data-label": columns[at].name }, inOne(cell))),
    ),
  );
  return make(
    "table",
    { className: look, role: "table" },
    make("caption", { className: look === "titled" ? "" : "unseen" }, caption),
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...heads)),
    make("tbody", { role: "rowgroup" }, ...body),
  );
}

/** Several things in a cell stand below one another. @param {Node|string} cell */
const inOne = (cell) => (cell instanceof DocumentFragment ? make("div", {}, cell) : cell);

/** @param {...(Node|string|null)} all */
export function several(...all) {
  const fragment = document.createDocumentFragment();
  fragment.append(...all.filter((one) => one !== null));
  return fragment;
}

/** @param {string} text */
export const hint = (text) => make("span", { className: "hint" }, text);

/**
 * @param {string} text
 * @param {""|"good"|"bad"|"busy"} [kind]
 */
export const badge = (text, kind = "") => make("span", { className: `badge ${kind}` }, text);

/**
 * A button that `listen` hears.
 * @param {string} what it does
 * @param {string} id to what
 * @param {string} text
 * @param {string} label for who does not see the row
 * @param {string} [className]
 */
export const action = (what, id, text, label, className = "") =>
  make("button", { type: "button", className, "data-do": what, "data-id": id, "aria-label": label }, text);

/**
 * @param {HTMLElement} element
 * @param {Record<string, (id: string) => void>} handlers by what a button does
 */
export function listen(element, handlers) {
  element.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? /** @type {HTMLElement|null} */ (target.closest("[data-do]")) : null;
    if (button) handlers[button.dataset.do ?? ""]?.(button.dataset.id ?? "");
  });
}

for (const dialog of /** @type {NodeListOf<HTMLDialogElement>} */ (document.querySelectorAll("dialog"))) {
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog || (target instanceof Element && target.closest("[data-close]"))) dialog.close();
  });
}

/**
 * Opens a dialog with a form. It closes when `send` has done what was asked, and shows why where it could not.
 * @param {string} id
 * @param {HTMLElement} error where that is said
 * @param {() => Promise<void>} send
 */
export function open(id, error, send) {
  const dialog = /** @type {HTMLDialogElement} */ ($(id));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"));
  say(error, "");
  button.disabled = false;
  form.onsubmit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    say(error, "");
    try {
      await send();
      dialog.close();
    } catch (refused) {
      const { title, text } = plainly(refused);
      say(error, refused instanceof Wrong ? refused.message : `${title}. ${text}`);
    }
    button.disabled = false;
  };
  dialog.showModal();
}

/** Something in a form cannot be: the sentence says what. */
export class Wrong extends Error {}

/**
 * Asks before something is done that cannot be undone.
 * @param {string} title
 * @param {string} text
 * @param {string} verb what the button says
 * @param {() => Promise<void>} send
 */
export function confirm(title, text, verb, send) {
  $("confirm-title").textContent = title;
  $("confirm-text").textContent = text;
  $("confirm-do").textContent = verb;
  open("confirm", $("confirm-error"), send);
}
