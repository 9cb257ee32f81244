/** Follows a job to its end: its event stream where that holds, else by polling, through any outage. */

import { Refused, Unreachable, call, pause, request } from "./api.js";

/** @typedef {{status: string, stage: string, progress: number, eta?: number|null, queue_position?: number|null,
 *   error?: string, error_code?: string}} Status */

/** The server says something every 10 s; a stream that says nothing for longer is held back by a proxy. */
const SILENCE = 25;
/** How often a stream may break before it is only polled. */
const STREAMS = 3;

/** @param {Status} status */
export const isOver = (status) => status.status === "COMPLETED" || status.status === "FAILED";

/**
 * The last status of the job. Raises Refused where it cannot be followed any more: 404 when it has expired.
 * @param {string} id
 * @param {{signal: AbortSignal, onStatus: (status: Status) => void, onTrouble: (error: Error|null) => void}} options
 * @returns {Promise<Status>}
 */
export async function follow(id, { signal, onStatus, onTrouble }) {
  for (let streams = STREAMS; ; streams -= 1) {
    if (streams > 0) {
      const last = await streamed(id, signal, onStatus);
      if (last && isOver(last)) return last;
    }
    let outage = false;
    const polled = await persist(`v2/requests/${id}/status`, signal, (error) => {
      outage ||= error !== null;
      onTrouble(error);
    });
    onStatus(polled);
    if (isOver(polled)) return polled;
    if (outage) streams = STREAMS + 1; // it was not the stream that broke
    await pause(1, signal);
  }
}

/**
 * What a GET answers, asked again for as long as the server is gone or overloaded. Raises Refused for all else.
 * @param {string} path
 * @param {AbortSignal} signal
 * @param {(error: Error|null) => void} onTrouble
 * @returns {Promise<any>}
 */
export async function persist(path, signal, onTrouble) {
  for (let wait = 1; ; wait = Math.min(wait * 2, 8)) {
    try {
      const body = await call(path, { signal, also: [422] });
      onTrouble(null);
      return body;
    } catch (error) {
      if (!isPassing(error)) throw error;
      onTrouble(/** @type {Error} */ (error));
      await pause(Math.max(wait, error instanceof Refused ? error.wait : 0), signal);
    }
  }
}

/** @param {unknown} error */
export const isPassing = (error) =>
  error instanceof Unreachable || (error instanceof Refused && (error.status === 429 || error.status >= 500));

/**
 * The last status that the stream told; null if none. Raises Refused where the server refuses it for good.
 * @param {string} id
 * @param {AbortSignal} signal
 * @param {(status: Status) => void} onStatus
 * @returns {Promise<Status|null>}
 */
async function streamed(id, signal, onStatus) {
  const own = new AbortController();
  const stop = () => own.abort();
  signal.addEventListener("abort", stop);
  let silent = setTimeout(stop, SILENCE * 1000);
  /** @type {Status|null} */
  let last = null;
  try {
    const answer = await request(`v2/requests/${id}/events`, { signal: own.signal });
    if (!answer.ok || !answer.body) return null; // the poll that follows says why
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) return last;
      clearTimeout(silent);
      silent = setTimeout(stop, SILENCE * 1000);
      const events = (text + value).split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event);
        if (data) onStatus((last = JSON.parse(data[1])));
      }
    }
  } catch {
    if (signal.aborted) throw signal.reason;
    return last;
  } finally {
    clearTimeout(silent);
    signal.removeEventListener("abort", stop);
  }
}
