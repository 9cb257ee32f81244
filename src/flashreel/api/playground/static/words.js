/** What the page says of stages, errors, times and prices, in plain words. */

import { Refused, Unreachable } from "./api.js";

/** @type {Record<string, string>} */
const STAGES = {
  queued: "Waiting for a worker",
  starting: "Starting",
  preparing: "Preparing the scene",
  rendering: "Drawing frames",
  encoding: "Encoding",
  storing: "Storing",
  done: "Done",
};

/** @type {Record<string, string>} */
const FAILURES = {
  content_blocked: "This was not allowed",
  image_unreachable: "An image could not be fetched",
  image_invalid: "An image could not be used",
  cancelled: "Cancelled",
  deadline_exceeded: "It took too long",
  worker_lost: "The worker was lost",
  upstream_failed: "The service behind this failed",
};

/** @type {Record<number, string>} */
const REFUSALS = {
  400: "Something in the form cannot be",
  401: "This key is not valid",
  402: "Not enough credits",
  403: "This key may not do that",
  404: "It is no longer there",
  406: "Not enough credits",
  413: "That is too large",
  429: "Too many at once",
  503: "The server takes no jobs just now",
};

/**
 * @param {import("./follow.js").Status} status
 * @returns {string}
 */
export function stageWord(status) {
  const word = STAGES[status.stage] ?? status.stage;
  return status.queue_position ? `${word}, number ${status.queue_position} in the queue` : word;
}

/**
 * A title and a sentence for whatever went wrong.
 * @param {unknown} error
 * @returns {{title: string, text: string}}
 */
export function plainly(error) {
  if (error instanceof Unreachable) {
    return { title: "The server cannot be reached", text: "The network or the server is gone. Try again in a moment." };
  }
  if (!(error instanceof Refused)) return { title: "Something went wrong in this page", text: String(error) };
  const title = REFUSALS[error.status] ?? (error.status < 500 ? "The server refused this" : "The server failed");
  if (error.status === 401) return { title, text: "Set another one under “Key”. The server prints its first at its first start." };
  return { title, text: sentence(error.message) };
}

/**
 * Of a job that ended as FAILED.
 * @param {import("./follow.js").Status} status
 * @returns {{title: string, text: string}}
 */
export function failed(status) {
  const title = FAILURES[status.error_code ?? ""] ?? "The video could not be made";
  if (status.error_code === "cancelled") return { title, text: "Nothing was charged." };
  return { title, text: `${sentence(status.error ?? "")} Nothing was charged.` };
}

/**
 * @param {string} text
 * @returns {string} with a capital and a full stop
 */
export function sentence(text) {
  const trimmed = text.trim();
  if (!trimmed) return "";
  return trimmed[0].toUpperCase() + trimmed.slice(1) + (/[.!?]$/.test(trimmed) ? "" : ".");
}

/** @param {number} value @returns {string} */
export const credits = (value) => String(Math.round(value * 1000) / 1000);

/** @param {number} value seconds @returns {string} */
export function seconds(value) {
  const whole = Math.max(0, Math.round(value));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole < 600 ? `${whole % 60} s` : ""}`.trim();
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d`;
}

/** @param {string} time ISO 8601 @returns {string} */
export const when = (time) =>
  new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
