/** Countdowns: elements that say how long something lasts. */

import { seconds } from "./words.js";

const UNTIL = "until";

/**
 * @param {HTMLElement} element
 * @param {string} time ISO 8601
 */
export function countdown(element, time) {
  element.dataset[UNTIL] = time;
  tell(element);
}

/** @param {HTMLElement} element */
function tell(element) {
  const left = (Date.parse(element.dataset[UNTIL] ?? "") - Date.now()) / 1000;
  element.textContent = left > 0 ? `Expires in ${seconds(left)}` : "Expired";
}

setInterval(() => {
  if (document.hidden) return;
  for (const element of document.querySelectorAll(`[data-${UNTIL}]`)) tell(/** @type {HTMLElement} */ (element));
}, 1000);
