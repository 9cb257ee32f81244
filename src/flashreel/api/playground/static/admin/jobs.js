/** Everybody's jobs: sought, looked at, cancelled, retried. */

import { $, announce, make, say, show, toast } from "../dom.js";
import { credits, plainly } from "../words.js";
import { action, badge, confirm, hint, listen, several, table } from "./parts.js";
import { patch } from "./patch.js";
import { ask } from "./session.js";
import { ALL_CODES, ago, at, bytes, meaning, time } from "./words.js";

const COLUMNS = [
  { name: "State" },
  { name: "Job" },
  { name: "Key" },
  { name: "Made", kind: "tight" },
  { name: "Credits", kind: "number" },
  { name: "" },
];
/** @type {Record<string, ""|"good"|"bad"|"busy">} */
const KINDS = { QUEUED: "", PROCESSING: "busy", COMPLETED: "good", FAILED: "bad" };

/** @param {string} id @returns {string} of a field */
const value = (id) => /** @type {HTMLInputElement|HTMLSelectElement} */ ($(id)).value.trim();

export class Jobs {
  /** @param {{onChange: () => void}} options called when other jobs are to be shown */
  constructor({ onChange }) {
    /** @type {any[]} */
    this.found = [];
    /** The job after which the page begins; "" for the newest. */
    this.after = "";
    this.onChange = onChange;
    $("seek-code").append(...ALL_CODES.map((code) => make("option", { value: code }, code)));
    listen($("jobs"), this.#handlers());
    listen($("job-dialog"), this.#handlers());
    const again = () => this.#from("");
    let typing = 0;
    $("seek-id").addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(again, 300);
    });
    for (const id of ["seek-state", "seek-code", "seek-key"]) $(id).addEventListener("change", again);
    $("search").addEventListener("submit", (event) => {
      event.preventDefault();
      again();
    });
    $("seek-reset").addEventListener("click", () => this.seek({}));
    $("newer").addEventListener("click", again);
    $("older").addEventListener("click", () => this.#from(this.found.at(-1)?.id ?? ""));
  }

  #handlers() {
    return {
      job: (/** @type {string} */ id) => void this.look(id),
      cancel: (/** @type {string} */ id) => this.#cancel(id),
      retry: (/** @type {string} */ id) => void this.#retry(id),
    };
  }

  /**
   * Looks for other jobs.
   * @param {{code?: string, key?: string}} what
   */
  seek({ code = "", key = "" }) {
    const wanted = /** @type {Record<string, string>} */ ({ "seek-id": "", "seek-state": "", "seek-code": code, "seek-key": key });
    if (key && ![.../** @type {HTMLSelectElement} */ ($("seek-key")).options].some((one) => one.value === key)) {
      $("seek-key").append(make("option", { value: key }, key)); // until the names are known
    }
    for (const [id, it] of Object.entries(wanted)) /** @type {HTMLInputElement} */ ($(id)).value = it;
    this.#from("");
  }

  /** @param {string} after */
  #from(after) {
    this.after = after;
    this.onChange();
  }

  /** @param {any[]} keys */
  name(keys) {
    const select = /** @type {HTMLSelectElement} */ ($("seek-key"));
    const chosen = select.value;
    patch(select, make("option", { value: "" }, "any"), ...keys.map(({ id, name }) => make("option", { value: id }, `${name} (${id})`)));
    select.value = chosen;
  }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const sought = { id: value("seek-id").toLowerCase(), state: value("seek-state"), code: value("seek-code"), key: value("seek-key"), after: this.after };
    const given = Object.entries(sought).filter(([, it]) => it);
    if (sought.id && !/^[0-9a-f]+$/.test(sought.id)) return this.#draw([], false, "No id begins so: ids are made of 0-9 and a-f.");
    const [found, { keys }] = await Promise.all([ask(`jobs?${new URLSearchParams(given)}`, undefined, signal), ask("keys", undefined, signal)]);
    this.name(keys);
    const open = !given.length;
    this.#draw(found.jobs, found.has_more, open ? "No job was made yet. Make one in the playground, or with any client of the API." : "No job is like that. Jobs are remembered for 31 days.");
  }

  /**
   * @param {any[]} found
   * @param {boolean} more
   * @param {string} empty
   */
  #draw(found, more, empty) {
    this.found = found;
    patch($("jobs"), table("Jobs, the newest first", COLUMNS, found.map(row), empty));
    show($("newer"), this.after !== "");
    show($("older"), more);
  }

  /** Shows all that is known of a job. @param {string} id */
  async look(id) {
    const dialog = /** @type {HTMLDialogElement} */ ($("job-dialog"));
    $("job-title").textContent = `Job ${id}`;
    $("job-body").replaceChildren(make("p", { className: "hint" }, "Reading…"));
    $("job-actions").replaceChildren();
    say($("job-error"), "");
    if (!dialog.open) dialog.showModal();
    try {
      const job = await ask(`jobs/${id}`);
      $("job-body").replaceChildren(...detail(job));
      $("job-actions").replaceChildren(...actions(job));
    } catch (error) {
      $("job-body").replaceChildren();
      const { title, text } = plainly(error);
      say($("job-error"), `${title}. ${text}`);
    }
  }

  /** @param {string} id */
  #cancel(id) {
    const text = `The job ${id} ends, and its credits go back to its key. This cannot be undone.`;
    confirm("Cancel this job?", text, "Cancel the job", async () => {
      await ask(`jobs/${id}/cancel`, {});
      this.#done(id, "The job is cancelled.");
    });
  }

  /** @param {string} id */
  async #retry(id) {
    try {
      const made = await ask(`jobs/${id}/retry`, {});
      this.#done(made.id, `Made once more, as ${made.id.slice(0, 8)}.`);
    } catch (error) {
      const { title, text } = plainly(error);
      const dialog = /** @type {HTMLDialogElement} */ ($("job-dialog"));
      if (dialog.open) say($("job-error"), `${title}. ${text}`);
      else toast(`${title}. ${text}`);
    }
  }

  /** @param {string} id @param {string} text */
  #done(id, text) {
    announce(text);
    if (/** @type {HTMLDialogElement} */ ($("job-dialog")).open) void this.look(id);
    else toast(text);
    this.onChange();
  }
}

/** @param {any} job */
function actions(job) {
  const id = job.id;
  const live = job.state === "QUEUED" || job.state === "PROCESSING";
  return [
    live && !job.is_being_cancelled ? action("cancel", id, "Cancel", `Cancel the job ${id}`, "danger") : null,
    job.state === "FAILED" && job.swept_at === null ? action("retry", id, "Retry", `Make the job ${id} once more`) : null,
  ].filter((button) => button !== null);
}

/** @param {any} job */
function state(job) {
  if (job.is_being_cancelled) return several(badge("cancelling", "bad"), hint("ends as soon as its worker looks"));
  const shown = badge(job.state, KINDS[job.state]);
  if (job.state === "PROCESSING") return several(shown, hint(`${job.stage}, ${Math.round(job.progress * 100)} %`), make("progress", { max: 1, value: job.progress, "aria-label": "Progress" }));
  return job.error_code ? several(shown, hint(job.error_code)) : shown;
}

/** @param {any} job */
const took = (job) => (job.started_at && job.finished_at ? hint(`took ${time((Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000)}`) : null);

/** @param {any} job */
function row(job) {
  return {
    key: job.id,
    cells: [
      state(job),
      several(action("job", job.id, job.id.slice(0, 8), `Details of the job ${job.id}`, "link"), hint(`${job.model}, ${job.duration_seconds} s, ${job.aspect_ratio}`)),
      several(job.key_name, hint(job.key_id)),
      several(ago(job.created_at), took(job)),
      job.cost === null ? `${credits(job.price)} held` : credits(job.cost),
      make("div", { className: "row" }, ...actions(job)),
    ],
  };
}

/** @param {[string, Node|string|null][]} facts those that are null are left out */
const facts = (facts) => make("dl", {}, ...facts.flatMap(([name, it]) => (it === null ? [] : [make("dt", {}, name), make("dd", {}, it)])));

/** @param {any} job @returns {Node[]} */
function detail(job) {
  const asked = job.asked;
  return [
    facts([
      ["State", job.error_code ? `${job.state}: ${meaning(job.error_code)} (${job.error_code})` : job.state],
      ["Error", job.error],
      ["Warnings", job.warnings.length ? job.warnings.join("; ") : null],
      ["Stage", job.state === "PROCESSING" ? `${job.stage}, ${Math.round(job.progress * 100)} %, on ${job.worker}` : null],
      ["Model", `${job.model}, by the engine ${job.engine}`],
      ["Asked for", `${job.duration_seconds} s, ${job.aspect_ratio}, seed ${job.seed}`],
      ["Key", `${job.key_name} (${job.key_id}), by the ${job.dialect} API`],
      ["Attempts", job.lost_attempts ? `${job.attempt}, of which ${job.lost_attempts} were lost` : String(job.attempt)],
      ["Made", at(job.created_at)],
      ["Taken", at(job.started_at)],
      ["Ended", at(job.finished_at)],
      ["Kept until", job.swept_at ? `deleted ${at(job.swept_at)}` : at(job.expires_at)],
      ["File", job.file_bytes === null ? null : bytes(job.file_bytes)],
      ["Price", `${credits(job.price)} credits`],
      ["Ledger", job.ledger.map((/** @type {any} */ one) => `${one.kind} ${credits(one.credits)} credits`).join(", ") || "nothing"],
    ]),
    make("h3", {}, "What its caller wrote"),
    ...(asked
      ? [make("p", { className: "prompt" }, asked.prompt || "No prompt."), facts([["Size", `${asked.width} × ${asked.height} pixels`], ["Loop", asked.loop ? "yes" : null], ["Start image", asked.start_image], ["End image", asked.end_image]])]
      : [make("p", { className: "hint" }, "It was deleted when its time was over.")]),
    ...(job.messages.length ? [make("h3", {}, "Messages to webhooks"), make("ul", {}, ...job.messages.map((/** @type {any} */ one) => make("li", { className: "hint" }, `${one.event} to ${one.url}: ${one.state}, ${one.attempts} attempts`)))] : []),
  ];
}
