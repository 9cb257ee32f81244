/** A place for an image: dropped, pasted, chosen or named by URL; shown as the video will crop it. */

import { call, here } from "./api.js";
import { key } from "./key.js";
import { make, say, show } from "./dom.js";
import { plainly } from "./words.js";

export class Well {
  /**
   * @param {HTMLElement} parent
   * @param {string} id
   * @param {string} title
   * @param {() => void} onChange
   */
  constructor(parent, id, title, onChange) {
    this.id = id;
    this.onChange = onChange;
    /** What the job is given; empty while there is none, or not yet. */
    this.url = "";
    /** @type {Blob|null} */
    this.file = null;
    /** @type {Promise<void>|null} */
    this.uploading = null;
    this.picture = make("img", { alt: `${title}, as the video crops it`, hidden: true });
    this.picture.addEventListener("error", () => this.#undrawable());
    this.invitation = make("span", { className: "invitation" }, "Drop, paste or choose");
    this.input = make("input", {
      type: "file",
      accept: "image/*",
      className: "unseen",
      id: `${id}-file`,
      "aria-describedby": `${id}-note`,
      onchange: () => this.input.files[0] && this.setFile(this.input.files[0]),
    });
    this.frame = make("label", { className: "frame", for: `${id}-file` }, make("span", { className: "unseen" }, title), this.invitation, this.picture);
    this.address = make("input", {
      type: "url",
      className: "address",
      id: `${id}-url`,
      placeholder: "or a URL",
      spellcheck: false,
      "aria-label": `${title}: URL`,
      "aria-describedby": `${id}-note`,
      onchange: () => this.setUrl(this.address.value.trim()),
    });
    this.remove = make("button", { type: "button", className: "link", hidden: true, "aria-label": `Remove the ${title.toLowerCase()}`, onclick: () => this.clear() }, "Remove");
    this.note = make("p", { className: "hint", id: `${id}-note`, hidden: true });
    parent.append(
      make("div", { className: "label-row" }, make("span", { className: "well-title", "aria-hidden": "true" }, title), this.remove),
      this.input,
      this.frame,
      this.address,
      this.note,
    );
    for (const kind of ["dragenter", "dragover"]) parent.addEventListener(kind, () => this.frame.classList.add("over"));
    for (const kind of ["dragleave", "drop"]) parent.addEventListener(kind, () => this.frame.classList.remove("over"));
    parent.addEventListener("drop", (event) => this.#dropped(/** @type {DragEvent} */ (event)));
    this.parent = parent;
  }

  get isEmpty() {
    return !this.url && !this.file;
  }

  /** @param {string} ratio */
  setRatio(ratio) {
    const [width, height] = ratio.split(":").map(Number);
    if (width > 0 && height > 0) this.frame.style.setProperty("--ratio", String(width / height));
  }

  /**
   * @param {boolean} usable
   * @param {string} why
   */
  setUsable(usable, why) {
    this.parent.classList.toggle("off", !usable);
    this.input.disabled = this.address.disabled = !usable;
    if (this.isEmpty) say(this.note, usable ? "" : why);
  }

  clear() {
    this.#take("", null, "");
    this.address.value = this.input.value = "";
    this.input.focus();
  }

  /** @param {string} url */
  setUrl(url) {
    if (/^data:image\//.test(url)) return void this.#setData(url);
    this.address.value = url;
    if (url && !/^https?:\/\//.test(url)) {
      this.#take("", null, "It must begin with http:// or https://.");
      return;
    }
    this.#take(url, null, "");
    // Another host's picture is fetched by the server alone: this page loads nothing from anywhere else.
    if (url && new URL(here(url)).origin === location.origin) this.#draw(here(url));
    else if (url) say(this.note, "The server fetches it and crops its middle to the ratio.");
  }

  /** @param {string} url a data: URI */
  async #setData(url) {
    this.address.value = "";
    try {
      this.setFile(dataToBlob(url));
    } catch {
      this.#take("", null, "This data: URI cannot be read.");
    }
  }

  /** @param {Blob} file */
  setFile(file) {
    if (file.type && !file.type.startsWith("image/")) {
      this.#take("", null, "That is not an image.");
      return;
    }
    this.address.value = "";
    this.#take("", file, "");
    this.#draw(URL.createObjectURL(file));
    this.upload();
  }

  /** Sends the file to the server, if there is one that is not there yet and a key to send it with. */
  upload() {
    const file = this.file;
    if (!file || this.url || this.uploading) return;
    if (!key()) {
      say(this.note, "It is uploaded once there is a key.");
      return;
    }
    say(this.note, "Uploading…");
    const done = async () => {
      try {
        const { file_urls: urls } = await call("upload-asset", { json: { data_urls: [await read(file)] } });
        if (this.file !== file) return;
        this.url = urls[0];
        say(this.note, "");
      } catch (error) {
        if (this.file !== file) return;
        const { title, text } = plainly(error);
        say(this.note, `${title}. ${text}`);
      } finally {
        if (this.file === file) this.uploading = null;
        this.onChange();
      }
    };
    this.uploading = done();
  }

  /**
   * @param {string} url
   * @param {Blob|null} file
   * @param {string} note
   */
  #take(url, file, note) {
    if (this.picture.src.startsWith("blob:")) URL.revokeObjectURL(this.picture.src);
    this.picture.removeAttribute("src");
    this.url = url;
    this.file = file;
    this.uploading = null;
    this.#state(false);
    say(this.note, note);
    this.onChange();
  }

  /** @param {string} source */
  #draw(source) {
    this.picture.src = source;
    this.#state(true);
  }

  #undrawable() {
    if (!this.picture.getAttribute("src")) return;
    this.#state(false);
    if (!this.note.textContent) say(this.note, "This browser cannot show it; the server may still read it.");
  }

  /** @param {boolean} drawn */
  #state(drawn) {
    show(this.picture, drawn);
    show(this.invitation, !drawn);
    this.invitation.textContent = this.isEmpty ? "Drop, paste or choose" : this.url ? "Image from a URL" : "Image";
    show(this.remove, !this.isEmpty);
  }

  /** @param {DragEvent} event */
  #dropped(event) {
    event.preventDefault();
    event.stopPropagation();
    if (!this.input.disabled) this.take(event.dataTransfer);
  }

  /**
   * Whatever of a drop or a paste is an image, or the URL of one.
   * @param {DataTransfer|null} data
   * @returns {boolean} whether there was any
   */
  take(data) {
    const file = [...(data?.files ?? [])].find((one) => one.type.startsWith("image/")) ?? data?.files[0];
    const url = (data?.getData("text/uri-list") || data?.getData("text/plain") || "").split("\n")[0].trim();
    if (file) this.setFile(file);
    else if (/^(https?:\/\/|data:image\/)/.test(url)) this.setUrl(url);
    return Boolean(file || url);
  }
}

/** @param {Blob} file @returns {Promise<string>} a data: URI */
function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(/** @type {string} */ (reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/** @param {string} url a base64 data: URI @returns {Blob} */
function dataToBlob(url) {
  const [, type, text] = /^data:(image\/[\w.+-]+);base64,(.*)$/s.exec(url) ?? [];
  return new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type });
}
