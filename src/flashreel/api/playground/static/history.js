/** What the key has asked for lately, whatever the dialect, with posters for as long as the files last. */

import { call, here } from "./api.js";
import { $, make, say, show } from "./dom.js";
import { toValues } from "./job.js";
import { countdown } from "./times.js";
import { credits, sentence, when } from "./words.js";

/** @type {Record<string, string>} */
const STATES = { COMPLETED: "Done", FAILED: "Failed", PENDING: "In the making" };

export class History {
  /** @param {{onOpen: (id: string) => void, onUse: (values: import("./composer.js").Values) => void}} options */
  constructor({ onOpen, onUse }) {
    this.onOpen = onOpen;
    this.onUse = onUse;
    this.page = 0;
    $("more").addEventListener("click", () => this.#add());
  }

  /** Begins again with the newest. */
  async refresh() {
    this.page = 0;
    await this.#add();
  }

  async #add() {
    const page = this.page + 1;
    const [history, listed] = await Promise.all([
      call(`inference-request/request-history?per_page=12&page=${page}`),
      call("dream-machine/v1/generations?limit=100"), // which knows posters, and when they expire
    ]);
    const known = new Map(listed.generations.map((/** @type {any} */ one) => [one.id, one]));
    const rows = history.requests.map((/** @type {any} */ row) => this.#row(row, known.get(row.request_id)));
    if (page === 1) $("history").replaceChildren(...rows);
    else $("history").append(...rows);
    this.page = page;
    show($("more"), page < history.total_pages);
    say($("history-note"), history.total ? "Of the last seven days, made with this key." : "Nothing was made with this key in the last seven days.");
  }

  /**
   * @param {any} row of Segmind's history
   * @param {any} known the same job as Luma's dialect has it; undefined once it has expired
   */
  #row(row, known) {
    const poster = known?.assets?.image;
    const prompt = row.request_body?.prompt ?? "";
    const open = known !== undefined && row.model_status !== "FAILED";
    const facts = [STATES[row.model_status] ?? row.model_status, when(row.created_at), `${credits(row.credits_deduction)} credits`];
    const note = make("span");
    if (row.model_status === "FAILED") note.textContent = sentence(row.error ?? "");
    else if (row.model_status === "COMPLETED" && known?.expires_at) countdown(note, known.expires_at);
    else if (row.model_status === "COMPLETED") note.textContent = "Expired";
    const picture = poster
      ? make("img", { src: here(poster), alt: "", loading: "lazy" })
      : make("span", { className: "no-poster", "aria-hidden": "true" });
    return make(
      "li",
      {},
      make("div", { className: "poster" }, picture),
      make(
        "div",
        { className: "about" },
        make("p", { className: "history-prompt" }, prompt || "The prompt is deleted with the video."),
        make("p", { className: "hint" }, facts.join(" · "), " ", note),
        make(
          "div",
          { className: "row" },
          open ? make("button", { type: "button", "aria-label": `Open: ${prompt}`, onclick: () => this.onOpen(row.request_id) }, "Open") : null,
          prompt ? make("button", { type: "button", "aria-label": `Use again: ${prompt}`, onclick: () => this.onUse(toValues(row.model_name, row.request_body)) }, "Use again") : null,
        ),
      ),
    );
  }
}
