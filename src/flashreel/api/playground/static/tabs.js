/** Tabs as the ARIA practices have them: one in the tab order, arrows, Home and End between them. */

import { $, show } from "./dom.js";

/**
 * @param {HTMLElement} list with role=tablist
 * @param {(id: string) => void} onShow
 */
export function tabs(list, onShow) {
  const all = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[role=tab]")]);
  const choose = (/** @type {HTMLElement} */ tab) => {
    for (const one of all) {
      one.setAttribute("aria-selected", String(one === tab));
      one.tabIndex = one === tab ? 0 : -1;
      show($(one.getAttribute("aria-controls") ?? ""), one === tab);
    }
    onShow(tab.id);
  };
  for (const [index, tab] of all.entries()) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const steps = /** @type {Record<string, number>} */ ({ ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: all.length - 1 });
      if (!(event.key in steps)) return;
      event.preventDefault();
      const next = all[(steps[event.key] + all.length) % all.length];
      choose(next);
      next.focus();
    });
  }
}
