/** The job in hand: submitted, followed, shown; remembered, so that a page loaded again takes it up. */

import { Refused, Unreachable, call, pause } from "./api.js";
import { follow, isOver, persist } from "./follow.js";
import { fields } from "./snippets.js";

/** @typedef {import("./composer.js").Values} Values */

const NAME = "flashreel.job";

/** @returns {string} the id of the job that was in hand, or nothing */
export const remembered = () => localStorage.getItem(NAME) ?? "";
export const forget = () => localStorage.removeItem(NAME);
/** @param {string} id */
export const remember = (id) => localStorage.setItem(NAME, id);

/**
 * The id of a new job. While no answer comes it is sent again, under one Idempotency-Key: one job, one charge.
 * Raises Refused.
 * @param {Values} values
 * @param {AbortSignal} signal
 * @param {(error: Error|null) => void} onTrouble
 * @returns {Promise<string>}
 */
export async function submit(values, signal, onTrouble) {
  const token = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  for (let wait = 1; ; wait = Math.min(wait * 2, 8)) {
    try {
      const json = { ...fields(values), prompt: values.prompt };
      const { request_id: id } = await call(`v2/${values.model}`, { json, headers: { "idempotency-key": token }, signal });
      remember(id);
      onTrouble(null);
      return id;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      onTrouble(error);
      await pause(wait, signal);
    }
  }
}

/**
 * Follows a job to its end. Raises Refused (404) when it has expired.
 * @param {string} id
 * @param {Parameters<typeof follow>[1]} options
 * @returns {Promise<any>} the body of its result, or of its status where it failed
 */
export async function finish(id, options) {
  const last = await follow(id, options);
  return isOver(last) && last.status === "COMPLETED" ? persist(`v2/requests/${id}`, options.signal, options.onTrouble) : last;
}

/**
 * What a job was asked for; null once that is deleted.
 * @param {string} id
 * @returns {Promise<Partial<Values>|null>}
 */
export async function asked(id) {
  const row = await call(`inference-request/request-history/${id}`);
  return row.request_body && toValues(row.model_name, row.request_body);
}

/**
 * @param {string} model
 * @param {Record<string, any>} body
 * @returns {Values}
 */
export function toValues(model, body) {
  return {
    model,
    prompt: body.prompt ?? "",
    aspect_ratio: body.aspect_ratio,
    duration: body.duration,
    loop: Boolean(body.loop),
    seed: body.seed === null ? "" : String(body.seed),
    start: body.start_image_url ?? "",
    end: body.end_image_url ?? "",
  };
}

/** @param {string} id */
export async function cancel(id) {
  try {
    await call(`v2/requests/${id}/cancel`, { method: "POST" });
  } catch (error) {
    if (!(error instanceof Refused && error.status === 404)) throw error;
  }
}
