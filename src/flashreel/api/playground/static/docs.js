/** Shows /openapi.json: every dialect's routes, what they take, what they answer, every error. */

import { base } from "./api.js";
import { $, make, say, show } from "./dom.js";
import { limits, resolve, rows, typeOf } from "./schema.js";

/** @typedef {{method: string, path: string, also: string[], operation: any}} Route */

/** Dialects that are served a second time below a prefix of their own. */
const SECOND = /^\/(openai|replicate)(?=\/v1\/)/;
const NAMES = /** @type {Record<string, string>} */ ({ segmind: "Segmind", luma: "Luma", openai: "OpenAI", replicate: "Replicate", own: "This server" });

/** @type {any} */
let document_ = {};

/** @param {any} api @returns {Map<string, Route[]>} by tag; a path that is only another's second name stands with it */
function routesOf(api) {
  const found = new Map(api.tags.map((/** @type {any} */ tag) => [tag.name, []]));
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const first = path.replace(SECOND, "");
      const routes = /** @type {Route[]} */ (found.get(operation.tags[0]));
      const twin = routes.find((route) => route.method === method && route.path === first);
      if (twin) twin.also.push(path);
      else routes.push({ method, path, also: [], operation });
    }
  }
  return /** @type {Map<string, Route[]>} */ (found);
}

/** @param {import("./schema.js").Row[]} members @param {string} what */
function table(members, what) {
  return make(
    "div",
    { className: "scroll" },
    make(
      "table",
      {},
      make("caption", { className: "unseen" }, what),
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Field"), make("th", { scope: "col" }, "Type"), make("th", { scope: "col" }, "Meaning"))),
      make(
        "tbody",
        {},
        ...members.map((row) =>
          make(
            "tr",
            {},
            make("td", {}, make("code", {}, row.name), row.required ? make("span", { className: "required" }, " required") : null),
            make("td", {}, row.type),
            make("td", {}, row.about, make("span", { className: "hint" }, row.limits)),
          ),
        ),
      ),
    ),
  );
}

/** @param {unknown} value @param {string} name */
const example = (value, name) =>
  make("pre", { className: "code", tabIndex: 0, "aria-label": `Example: ${name}` }, typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** @param {any} content by media type @param {string} what */
function contents(content, what) {
  return Object.entries(content ?? {}).flatMap(([type, one]) => {
    const members = rows(document_, one.schema ?? {});
    return [
      make("h4", {}, type),
      members.length ? table(members, `${what}, ${type}`) : make("p", { className: "hint" }, typeOf(document_, one.schema ?? {})),
      ...Object.entries(one.examples ?? {}).map(([name, value]) => example(value.value, name)),
    ];
  });
}

/** @param {any[]} parameters */
function parametersOf(parameters) {
  return parameters.map((given) => {
    const one = resolve(document_, given);
    const schema = one.schema ?? {};
    const type = `${one.in}, ${typeOf(document_, schema)}`;
    return { name: one.name, type, about: one.description ?? "", limits: limits(document_, schema), required: one.required === true };
  });
}

/** @param {string} status @param {any} given */
function answer(status, given) {
  const one = resolve(document_, given);
  const headers = Object.keys(one.headers ?? {});
  const details = make("details", { className: "answer" }, make("summary", {}, make("span", { className: status < "400" ? "status" : "status bad" }, status), ` ${one.description}`));
  details.addEventListener("toggle", () => {
    if (details.children.length > 1) return;
    details.append(
      make("div", {}, headers.length ? make("p", { className: "hint" }, `Headers: ${headers.join(", ")}`) : null, ...contents(one.content, `Answer ${status}`)),
    );
  });
  return details;
}

/** @param {Route} route */
function fill({ also, operation }) {
  const parts = [];
  if (operation.description) parts.push(...paragraphs(operation.description));
  if (also.length) parts.push(make("p", { className: "hint" }, "Also at ", make("code", {}, also.join(", "))));
  if (operation.security?.length === 0) parts.push(make("p", { className: "hint" }, "Needs no key."));
  if (operation.parameters?.length) parts.push(make("h3", {}, "Parameters"), table(parametersOf(operation.parameters), "Parameters"));
  if (operation.requestBody) parts.push(make("h3", {}, "Body"), ...contents(operation.requestBody.content, "Body"));
  parts.push(make("h3", {}, "Answers"), ...Object.entries(operation.responses).map(([status, one]) => answer(status, one)));
  return make("div", { className: "body" }, ...parts);
}

/** @param {Route} route */
function draw(route) {
  const { method, path, operation } = route;
  const details = make(
    "details",
    { className: "route", id: operation.operationId },
    make("summary", {}, make("span", { className: "method" }, method.toUpperCase()), make("span", { className: "path" }, path), make("span", { className: "hint" }, operation.summary)),
  );
  details.dataset.words = `${method} ${path} ${operation.summary}`.toLowerCase();
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(fill(route));
  });
  return details;
}

/** @param {string} text @returns {HTMLElement[]} */
const paragraphs = (text) => text.split(/\n\n+/).map((one) => make("p", {}, one.replaceAll("`", "")));

/** @param {string} wanted */
function filter(wanted) {
  for (const section of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".tag"))) {
    const routes = /** @type {HTMLElement[]} */ ([...section.querySelectorAll(".route")]);
    for (const route of routes) show(route, (route.dataset.words ?? "").includes(wanted));
    show(section, routes.some((route) => !route.hidden));
  }
}

async function begin() {
  try {
    const answered = await fetch(new URL("openapi.json", base));
    if (!answered.ok) throw new Error(`the server answered ${answered.status}`);
    document_ = await answered.json();
  } catch (error) {
    say($("state"), `The description cannot be read: ${error}`);
    return;
  }
  $("about").append(...paragraphs(document_.info.description), make("p", {}, "A key goes into the header x-api-key, or into Authorization as a Bearer token."));
  for (const [tag, routes] of routesOf(document_)) {
    const name = NAMES[tag] ?? tag;
    $("tags").append(make("li", {}, make("a", { href: `#tag-${tag}` }, name, make("span", {}, String(routes.length)))));
    const about = document_.tags.find((/** @type {any} */ one) => one.name === tag).description;
    $("routes").append(make("section", { className: "tag", id: `tag-${tag}`, "aria-labelledby": `name-${tag}` }, make("h2", { id: `name-${tag}` }, name), make("p", {}, about), ...routes.map(draw)));
  }
  say($("state"), "");
  const named = location.hash && document.getElementById(location.hash.slice(1));
  if (named instanceof HTMLDetailsElement) named.open = true;
  if (named) named.scrollIntoView();
}

$("filter").addEventListener("input", (event) => filter(/** @type {HTMLInputElement} */ (event.target).value.trim().toLowerCase()));
begin();
