/** Messages to webhooks, the dead ones first of all, and who is told of everything. */

import { $, toast } from "../dom.js";
import { plainly } from "../words.js";
import { action, badge, hint, listen, several, table } from "./parts.js";
import { patch } from "./patch.js";
import { ask } from "./session.js";
import { ago, at } from "./words.js";

const MESSAGES = [{ name: "State" }, { name: "Event" }, { name: "Receiver", kind: "address" }, { name: "Job" }, { name: "Last answer" }, { name: "Made", kind: "tight" }, { name: "" }];
const STANDING = [{ name: "Receiver", kind: "address" }, { name: "Key" }, { name: "Told of" }, { name: "Since", kind: "tight" }];
/** @type {Record<string, ""|"good"|"bad"|"busy">} */
const KINDS = { waiting: "busy", delivered: "good", dead: "bad" };
/** @type {Record<string, string>} */
const EMPTY = { dead: "No message was given up. “The latest” shows all that were sent.", all: "No message was sent in the last days: no job named a webhook." };

export class Hooks {
  /** @param {{onChange: () => void, onJob: (id: string) => void}} options */
  constructor({ onChange, onJob }) {
    this.onChange = onChange;
    $("which").addEventListener("change", onChange);
    listen($("panel-hooks"), { job: onJob, replay: (id) => void this.#replay(id) });
  }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const which = /** @type {HTMLSelectElement} */ ($("which")).value;
    const { messages, webhooks } = await ask(`webhooks?messages=${which}`, undefined, signal);
    patch($("messages"), table("Messages, the newest first", MESSAGES, messages.map(row), EMPTY[which]));
    const rows = webhooks.map((/** @type {any} */ one) => ({ key: one.id, cells: [one.url, one.key_id, one.types.join(", "), at(one.created_at)] }));
    patch($("standing"), table("Standing webhooks", STANDING, rows, "No key has one. A client adds it with POST /webhook/add; a single job names its own."));
  }

  /** @param {string} id */
  async #replay(id) {
    try {
      await ask(`messages/${id}/replay`, {});
      toast("It is sent again now.");
    } catch (error) {
      const { title, text } = plainly(error);
      toast(`${title}. ${text}`);
    }
    this.onChange();
  }
}

/** @param {any} one */
function row(one) {
  const said = one.error ?? (one.status_code === null ? "none yet" : `status ${one.status_code}`);
  return {
    key: one.id,
    cells: [
      badge(one.state, KINDS[one.state]),
      one.event,
      one.url,
      action("job", one.job_id, one.job_id.slice(0, 8), `Details of the job ${one.job_id}`, "link"),
      several(said, hint(`${one.attempts} ${one.attempts === 1 ? "attempt" : "attempts"}${one.due_at ? `, next ${at(one.due_at)}` : ""}`)),
      ago(one.created_at),
      one.can_be_sent ? action("replay", one.id, "Send again", `Send the message ${one.id} again`) : hint("its text is deleted"),
    ],
  };
}
