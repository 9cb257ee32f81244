/** Whose key it is, what it has left, and the models that it may use. */

import { call } from "./api.js";

/** @typedef {{name: string, ratios: string[], ratio: string, durations: string[], duration: string,
 *   pricePerSecond: number|null}} Model */

const LIST = "Inference Segmind Model Information List With Details";

/** What the form shows until there is a key: the model that every server has unless its operator changed it.
 * @type {Model} */
export const BUILT_IN = {
  name: "ray-flash-2-720p",
  ratios: ["1:1", "3:4", "4:3", "9:16", "16:9", "9:21", "21:9"],
  ratio: "16:9",
  durations: ["5", "9"],
  duration: "5",
  pricePerSecond: null,
};

/**
 * Raises Refused (401) for a key that is not good.
 * @returns {Promise<{credits: number, name: string, mayGenerate: boolean}>}
 */
export async function readAccount() {
  const account = await call("api/auth/authenticate");
  return { credits: account.credits, name: account.name, mayGenerate: account.scopes.includes("generate") };
}

/** @returns {Promise<Model[]>} */
export async function readModels() {
  const listed = (await call("inference-model-information/list"))[LIST];
  return listed.map((/** @type {any} */ entry) => {
    const { aspect_ratio: ratio, duration } = entry.parameters;
    return {
      name: entry.slug,
      ratios: ratio.enum,
      ratio: ratio.default,
      durations: duration.enum.map(String),
      duration: String(duration.default),
      pricePerSecond: entry.price_per_second,
    };
  });
}
