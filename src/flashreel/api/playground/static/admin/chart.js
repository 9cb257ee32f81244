/** Bars by hand, in SVG: for eyes. The caption says in words what they show, and the same numbers stand in a table. */

import { make } from "../dom.js";
import { patch } from "./patch.js";
import { hint, table } from "./parts.js";

const HEIGHT = 100;

/**
 * @typedef {{start: string, values: number[], said: string[]}} Bar what is stacked, from below, and in words
 */

/**
 * @param {string} tag
 * @param {Record<string, string|number>} attributes
 * @param {...(Node|string)} inner
 */
function svg(tag, attributes, ...inner) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...inner);
  return element;
}

/**
 * The next number that an axis may end with.
 * @param {number} value
 */
function ceiling(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

/**
 * @param {{key: string, title: string, summary: string, columns: string[], classes: string[],
 *   bars: Bar[], width: number, mark: (value: number) => string}} options `width` is a bar's in seconds, `mark` writes on the axis
 * @returns {HTMLElement}
 */
export function chart({ key, title, summary, columns, classes, bars, width, mark }) {
  const top = ceiling(Math.max(0, ...bars.map(({ values }) => sum(values))));
  const drawn = bars.map(({ start, values, said }, index) => {
    let below = 0;
    const rects = values.map((value, kind) => {
      const height = (value / top) * HEIGHT;
      below += height;
      return svg("rect", { class: classes[kind], x: index * 10 + 1.5, width: 7, y: HEIGHT - below, height });
    });
    const hit = svg("rect", { class: "hit", x: index * 10, width: 10, y: 0, height: HEIGHT });
    return svg("g", {}, hit, ...rects, svg("title", {}, `${span(start, width)}: ${said.join(", ")}`));
  });
  const picture = svg("svg", { viewBox: `0 0 ${bars.length * 10} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...drawn);
  const rows = bars.map(({ start, said }) => ({ key: start, cells: [span(start, width), ...said] })).reverse();
  const names = make("span", { className: "legend", "aria-hidden": "true" }, ...columns.map((name, kind) => make("span", { className: classes[kind] }, name)));
  return make(
    "figure",
    { className: "panel", "data-key": key },
    make("figcaption", {}, title, hint(summary), names),
    make("div", { className: "plot" }, picture, ...[top, top / 2, 0].map((value) => make("span", { className: "mark", "aria-hidden": "true" }, mark(value)))),
    make("div", { className: "axis", "aria-hidden": "true" }, make("span", {}, clock(bars[0].start, width)), make("span", {}, "now")),
    make("details", {}, make("summary", {}, `${title}, as a table`), table(title, ["From", ...columns].map((name) => ({ name })), rows, "", "plain")),
  );
}

/** @param {HTMLElement} parent @param {HTMLElement[]} charts */
export const show = (parent, ...charts) => patch(parent, ...charts);

/** @param {number[]} values */
const sum = (values) => values.reduce((one, other) => one + other, 0);

/** @param {string} start @param {number} width seconds */
function clock(start, width) {
  const date = new Date(start);
  const hour = date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  return width > 3600 ? `${date.toLocaleDateString(undefined, { weekday: "short", day: "numeric" })}, ${hour}` : hour;
}

/** @param {string} start @param {number} width seconds */
export function span(start, width) {
  const end = new Date(Date.parse(start) + width * 1000).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  return `${clock(start, width)} to ${end}`;
}
