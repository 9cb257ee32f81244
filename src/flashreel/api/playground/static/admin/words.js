/** What the dashboard says of numbers, codes and stages. */

import { seconds, when } from "../words.js";

/** @type {Record<string, string>} */
const CODES = {
  content_blocked: "not allowed by moderation",
  image_unreachable: "an image could not be fetched",
  image_invalid: "an image could not be used",
  cancelled: "cancelled",
  deadline_exceeded: "took longer than it may",
  worker_lost: "its workers died",
  upstream_failed: "the service behind the engine failed",
  engine_failed: "the engine failed",
  out_of_memory: "out of memory",
  output_rejected: "what was made does not play",
  storage_failed: "the file could not be stored",
};

export const ALL_CODES = Object.keys(CODES);

/** @param {string} code */
export const meaning = (code) => CODES[code] ?? "";

/** @type {Record<string, string>} */
const PHASES = { waiting: "Waiting in the queue", running: "From start to end" };

/** @param {string} phase */
export const phaseName = (phase) => PHASES[phase] ?? phase[0].toUpperCase() + phase.slice(1);

/**
 * Short times with a digit more than others.
 * @param {number|null} value seconds
 */
export const time = (value) => (value === null ? "–" : value < 10 ? `${Math.round(value * 10) / 10} s` : seconds(value));

/**
 * @param {number} value seconds
 * @returns {[string, string]} a number and its unit
 */
export function lasting(value) {
  const [scale, unit] = value < 120 ? [1, "s"] : value < 7200 ? [60, "min"] : [3600, "h"];
  return [String(Math.round((value / Number(scale)) * 10) / 10), String(unit)];
}

/** @param {string|null} iso */
export const ago = (iso) => (iso === null ? "never" : `${seconds((Date.now() - Date.parse(iso)) / 1000)} ago`);

/** @param {string|null} iso */
export const at = (iso) => (iso === null ? "–" : when(iso));

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** @param {number} value @returns {[string, string]} a number and its unit */
export function sized(value) {
  const step = value < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** step;
  return [scaled >= 100 || step === 0 ? String(Math.round(scaled)) : scaled.toFixed(1), UNITS[step]];
}

/** @param {number} value */
export const bytes = (value) => sized(value).join(" ");

/**
 * @param {number} value
 * @param {string} one
 * @param {string} [many]
 */
export const count = (value, one, many = `${one}s`) => `${value.toLocaleString()} ${value === 1 ? one : many}`;
