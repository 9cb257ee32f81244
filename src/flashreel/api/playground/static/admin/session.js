/** The operator's key, which lasts as long as the tab, and calls with it. */

import { Refused, Unreachable, base } from "../api.js";

const NAME = "flashreel.admin-key";

/** @returns {string} */
export const adminKey = () => sessionStorage.getItem(NAME) ?? "";

/** @param {string} value */
export const setAdminKey = (value) => sessionStorage.setItem(NAME, value);

export const forgetAdminKey = () => sessionStorage.removeItem(NAME);

/**
 * The JSON that one of the operator's routes answers. Raises Refused or Unreachable.
 * @param {string} path below /admin/api
 * @param {object} [json] is posted; without it the route is only read
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function ask(path, json, signal) {
  const headers = { "x-api-key": adminKey(), ...(json ? { "content-type": "application/json" } : {}) };
  const body = json ? JSON.stringify(json) : undefined;
  let answer;
  let said;
  try {
    answer = await fetch(new URL(`admin/api/${path}`, base), { method: json ? "POST" : "GET", headers, body, signal, cache: "no-store" });
    said = await answer.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    if (!answer || answer.ok) throw new Unreachable("the server cannot be reached");
    said = {}; // a proxy's own page, say
  }
  if (answer.ok) return said;
  throw new Refused(answer.status, said, Number(answer.headers.get("retry-after")) || 0);
}
