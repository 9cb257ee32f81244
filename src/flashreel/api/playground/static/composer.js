/** The form: what is asked for. */

import { BUILT_IN } from "./account.js";
import { $, chosen, make, radios, say, show } from "./dom.js";
import { IDEAS } from "./examples.js";
import { Well } from "./well.js";

/** @typedef {{model: string, prompt: string, aspect_ratio: string, duration: number, loop: boolean, seed: string,
 *   start: string, end: string}} Values */

const SEED_MAX = 2 ** 53 - 1;
const NAME = "flashreel.form";

export class Composer {
  constructor() {
    /** Called after every change. */
    this.onChange = () => {};
    /** @type {import("./account.js").Model[]} */
    this.models = [BUILT_IN];
    this.idea = 0;
    /** @type {Values|null} */
    this.saved = JSON.parse(sessionStorage.getItem(NAME) ?? "null");
    this.start = new Well($("start-well"), "start", "Start image", () => this.#changed());
    this.end = new Well($("end-well"), "end", "End image", () => this.#changed());
    $("form").addEventListener("input", () => this.#changed());
    $("form").addEventListener("change", () => this.#changed());
    $("model").addEventListener("change", () => this.#drawModel());
    $("idea").addEventListener("click", () => this.setPrompt(IDEAS[this.idea++ % IDEAS.length]));
    for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
    addEventListener("drop", (event) => this.#firstEmpty()?.take(event.dataTransfer));
    addEventListener("paste", (event) => this.#pasted(event));
    this.#drawModel();
    this.#restore();
  }

  /** @param {import("./account.js").Model[]} models */
  setModels(models) {
    const before = this.values;
    this.models = models;
    /** @type {HTMLSelectElement} */ ($("model")).replaceChildren(
      ...models.map(({ name }) => make("option", { value: name, selected: name === before.model }, name)),
    );
    show($("model-field"), models.length > 1);
    this.#drawModel(before);
    this.#restore();
  }

  get model() {
    const name = /** @type {HTMLSelectElement} */ ($("model")).value;
    return this.models.find((model) => model.name === name) ?? this.models[0];
  }

  /** @returns {Values} */
  get values() {
    return {
      model: this.model.name,
      prompt: /** @type {HTMLTextAreaElement} */ ($("prompt")).value.trim(),
      aspect_ratio: chosen("ratio"),
      duration: Number(chosen("duration")),
      loop: /** @type {HTMLInputElement} */ ($("loop")).checked,
      seed: /** @type {HTMLInputElement} */ ($("seed")).value.trim(),
      start: this.start.url,
      end: /** @type {HTMLInputElement} */ ($("loop")).checked ? "" : this.end.url,
    };
  }

  /** In credits; null while it is not known. */
  get price() {
    const { pricePerSecond } = this.model;
    return pricePerSecond === null ? null : pricePerSecond * this.values.duration;
  }

  /** @param {string} prompt */
  setPrompt(prompt) {
    /** @type {HTMLTextAreaElement} */ ($("prompt")).value = prompt;
    $("prompt").focus();
    this.#changed();
  }

  /**
   * Fills the form with what another job was asked for.
   * @param {Partial<Values>} values
   */
  fill(values) {
    if (values.model && this.models.some(({ name }) => name === values.model)) {
      /** @type {HTMLSelectElement} */ ($("model")).value = values.model;
    }
    this.#drawModel(values);
    /** @type {HTMLTextAreaElement} */ ($("prompt")).value = values.prompt ?? "";
    /** @type {HTMLInputElement} */ ($("loop")).checked = values.loop ?? false;
    /** @type {HTMLInputElement} */ ($("seed")).value = values.seed ?? "";
    for (const [well, url] of /** @type {const} */ ([[this.start, values.start], [this.end, values.end]])) {
      well.setUrl(/^https?:/.test(url ?? "") ? url ?? "" : "");
    }
    this.#changed();
  }

  /** Says what cannot be, and goes there. @returns {boolean} whether all can be */
  check() {
    const { prompt, seed } = this.values;
    const seedWrong = seed !== "" && !(/^[0-9]+$/.test(seed) && Number(seed) <= SEED_MAX);
    this.#mark("prompt", prompt ? "" : "Say what the video shows.");
    this.#mark("seed", seedWrong ? `A whole number up to ${SEED_MAX}, or nothing.` : "");
    const wrong = prompt ? seedWrong && "seed" : "prompt";
    if (wrong) $(wrong).focus();
    return !wrong;
  }

  /** Waits for images on their way. @returns {Promise<boolean>} whether all that were given are there */
  async imagesReady() {
    const wells = this.values.loop ? [this.start] : [this.start, this.end];
    for (const well of wells) {
      well.upload();
      await well.uploading;
    }
    return wells.every((well) => !well.file || well.url);
  }

  /**
   * @param {string} id
   * @param {string} text
   */
  #mark(id, text) {
    say($(`${id}-error`), text);
    if (text) $(id).setAttribute("aria-invalid", "true");
    else $(id).removeAttribute("aria-invalid");
  }

  /** @param {Partial<Values>} [before] what is kept where the model has it */
  #drawModel(before = this.values) {
    const { ratios, ratio, durations, duration } = this.model;
    const wanted = String(before.duration);
    radios($("ratios"), "ratio", ratios, ratios.includes(before.aspect_ratio ?? "") ? String(before.aspect_ratio) : ratio, drawRatio);
    radios($("durations"), "duration", durations, durations.includes(wanted) ? wanted : duration, (value) => [`${value} s`]);
    this.#changed();
  }

  #changed() {
    const { aspect_ratio: ratio, loop } = this.values;
    for (const well of [this.start, this.end]) well.setRatio(ratio);
    this.end.setUsable(!loop, "A loop ends where it begins.");
    if (this.values.prompt) this.#mark("prompt", "");
    if (!this.saved) sessionStorage.setItem(NAME, JSON.stringify(this.values));
    this.onChange();
  }

  /** Puts back what was in the form before the page was loaded again, as soon as its model is known. */
  #restore() {
    if (!this.saved || !this.models.some(({ name }) => name === this.saved?.model)) return;
    const saved = this.saved;
    this.saved = null;
    this.fill(saved);
  }

  #firstEmpty() {
    return this.start.isEmpty || this.values.loop ? this.start : this.end;
  }

  /** @param {ClipboardEvent} event */
  #pasted(event) {
    const focused = [this.start, this.end].find((well) => well.parent.contains(document.activeElement));
    if (event.clipboardData?.files.length) {
      event.preventDefault();
      (focused ?? this.#firstEmpty()).take(event.clipboardData);
    }
  }
}

/** @param {string} ratio @returns {(Node|string)[]} a little frame, and its name */
function drawRatio(ratio) {
  const [width, height] = ratio.split(":").map(Number);
  const frame = make("i", { className: "little", "aria-hidden": "true" });
  const scale = 26 / Math.max(width || 16, height || 9);
  frame.style.width = `${(width || 16) * scale}px`;
  frame.style.height = `${(height || 9) * scale}px`;
  return [make("b", { className: "little-box", "aria-hidden": "true" }, frame), ratio];
}
