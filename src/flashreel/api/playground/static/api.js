/** Calls to the server that this page came from, and what they may be refused with. */

import { key } from "./key.js";

/** Where the server is: the folder of this page, since a proxy may have put it below a path. */
export const base = new URL(".", document.baseURI);

/** Where clients are pointed: without the last slash. */
export const origin = base.href.replace(/\/$/, "");

/** The server said no. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {Record<string, any>} body
   * @param {number} wait seconds after which to try again, 0 if it does not say
   */
  constructor(status, body, wait) {
    super(typeof body.error === "string" ? body.error : `the server answered ${status}`);
    this.status = status;
    this.body = body;
    this.wait = wait;
  }
}

/** Nothing was answered: the network, or the server, is gone. */
export class Unreachable extends Error {}

/**
 * The answer to a request with the key.
 * @param {string} path below the base
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
export async function request(path, options = {}) {
  const headers = new Headers(options.headers);
  if (key()) headers.set("x-api-key", key());
  try {
    return await fetch(new URL(path, base), { ...options, headers, cache: "no-store" });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Unreachable("the server cannot be reached");
  }
}

/**
 * The JSON that a route answers. Raises Refused or Unreachable.
 * @param {string} path
 * @param {{json?: object, method?: string, headers?: Record<string, string>, signal?: AbortSignal, also?: number[]}} [options]
 *   `also` are statuses besides 2xx whose body is no refusal
 * @returns {Promise<any>}
 */
export async function call(path, { json, method, headers, signal, also = [] } = {}) {
  const answer = await request(path, {
    method: method ?? (json ? "POST" : "GET"),
    headers: { ...headers, ...(json ? { "content-type": "application/json" } : {}) },
    body: json ? JSON.stringify(json) : undefined,
    signal,
  });
  let body;
  try {
    body = await answer.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    if (answer.ok) throw new Unreachable("the answer broke off");
    body = {}; // a proxy's own page, say
  }
  if (answer.ok || also.includes(answer.status)) return body;
  throw new Refused(answer.status, body, Number(answer.headers.get("retry-after")) || 0);
}

/**
 * A file of this server as this page may load it: answers name the host that the operator chose, which may be another.
 * @param {string} url
 * @returns {string}
 */
export function here(url) {
  const at = url.indexOf("/assets/");
  return at < 0 ? url : new URL(url.slice(at + 1), base).href;
}

/**
 * Waits; less where the network comes back meanwhile.
 * @param {number} seconds
 * @param {AbortSignal} [signal]
 */
export function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal?.removeEventListener("abort", stop);
      resolve(undefined);
    };
    const stop = () => {
      end();
      reject(signal?.reason);
    };
    const timer = setTimeout(end, seconds * 1000);
    addEventListener("online", end);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
  });
}
