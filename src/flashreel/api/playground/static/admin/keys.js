/** Keys: made, given credits, limited, revoked. */

import { $, announce, copy, say, show, toast } from "../dom.js";
import { credits } from "../words.js";
import { Wrong, action, badge, confirm, hint, listen, open, several, table } from "./parts.js";
import { patch } from "./patch.js";
import { ask } from "./session.js";
import { ago, at } from "./words.js";

const COLUMNS = [
  { name: "Key" },
  { name: "State" },
  { name: "May" },
  { name: "Credits", kind: "number" },
  { name: "Jobs", kind: "number" },
  { name: "Limits" },
  { name: "Last used", kind: "tight" },
  { name: "" },
];
const LIMITS = ["rate", "max_queued", "max_running", "priority"];

/** @param {string} id @returns {string} of a field */
const value = (id) => /** @type {HTMLInputElement} */ ($(id)).value.trim();

/** @param {string} id @param {string} text */
const fill = (id, text) => {
  /** @type {HTMLInputElement} */ ($(id)).value = text;
};

/**
 * A number as people write it.
 * @param {string} id of its field
 * @param {string} name
 * @returns {number|null} null where nothing is written
 */
function number(id, name) {
  const text = value(id).replace(",", ".");
  if (!text) return null;
  if (!Number.isFinite(Number(text))) throw new Wrong(`${name}: “${text}” is not a number.`);
  return Number(text);
}

export class Keys {
  /** @param {{onChange: () => void, onJobs: (key: string) => void}} options */
  constructor({ onChange, onJobs }) {
    /** @type {any[]} */
    this.keys = [];
    this.onChange = onChange;
    $("new-key").addEventListener("click", () => this.#make());
    $("all-keys").addEventListener("change", () => this.#draw());
    $("copy-secret").addEventListener("click", () => void copy($("secret").textContent ?? "", "Secret"));
    $("close-secret").addEventListener("click", () => this.forgetSecret());
    listen($("keys"), {
      grant: (id) => this.#grant(this.#find(id)),
      limits: (id) => this.#limit(this.#find(id)),
      revoke: (id) => this.#revoke(this.#find(id)),
      jobs: onJobs,
    });
  }

  /** @param {AbortSignal} signal */
  async load(signal) {
    const { keys, defaults } = await ask("keys", undefined, signal);
    this.keys = keys;
    this.#draw();
    say($("defaults"), `Without limits of its own a key may submit ${defaults.rate} jobs a minute, ${defaults.burst} at once, and have ${defaults.max_queued} unfinished.`);
  }

  /** Takes the secret off the page. */
  forgetSecret() {
    $("secret").textContent = "";
    show($("secret-panel"), false);
  }

  /** @param {string} id */
  #find(id) {
    return this.keys.find((key) => key.id === id);
  }

  #draw() {
    const all = /** @type {HTMLInputElement} */ ($("all-keys")).checked;
    const rows = this.keys.filter((key) => all || key.state === "good").map(row);
    patch($("keys"), table("Keys, the oldest first", COLUMNS, rows, "No key is good any more. Make one with “New key”."));
  }

  #make() {
    fill("key-name", "");
    fill("key-credits", "50");
    fill("key-days", "");
    open("key-dialog", $("key-error"), async () => {
      const scopes = [...document.querySelectorAll("#key-dialog [name=scope]:checked")].map((box) => /** @type {HTMLInputElement} */ (box).value);
      if (!value("key-name")) throw new Wrong("Give it a name: what it is for.");
      if (!scopes.length) throw new Wrong("Choose what it may do.");
      const made = await ask("keys", { name: value("key-name"), credits: number("key-credits", "Credits") ?? 0, days: number("key-days", "Days"), scopes });
      $("secret-title").textContent = `The key “${made.name}” is made`;
      $("secret").textContent = made.secret;
      show($("secret-panel"), true);
      setTimeout(() => $("secret-title").focus()); // once the dialog has given the focus back
      this.onChange();
    });
  }

  /** @param {any} key */
  #grant(key) {
    $("grant-title").textContent = `Credits for ${key.name}`;
    $("grant-text").textContent = `It can spend ${credits(key.credits)} credits, and ${credits(key.held_credits)} more are held for its unfinished jobs.`;
    fill("grant-credits", "");
    open("grant-dialog", $("grant-error"), async () => {
      const amount = number("grant-credits", "Credits");
      if (amount === null) throw new Wrong("Say how many credits.");
      const changed = await ask(`keys/${key.id}/grant`, { credits: amount });
      this.#done(`${key.name} has ${credits(changed.credits)} credits.`);
    });
  }

  /** @param {any} key */
  #limit(key) {
    $("limits-title").textContent = `Limits of ${key.name}`;
    for (const name of LIMITS) fill(`limit-${name}`, key[name] === null ? "" : String(key[name]));
    open("limits-dialog", $("limits-error"), async () => {
      await ask(`keys/${key.id}/limits`, Object.fromEntries(LIMITS.map((name) => [name, number(`limit-${name}`, name)])));
      this.#done(`The limits of ${key.name} are set.`);
    });
  }

  /** @param {any} key */
  #revoke(key) {
    const further = this.keys.some((one) => one.of_key === key.id && one.state === "good") ? " Its further secrets end with it." : "";
    confirm(`Revoke ${key.name}?`, `The key ${key.id} is refused from now on, for good. Jobs it has submitted are still finished.${further}`, "Revoke the key", async () => {
      await ask(`keys/${key.id}/revoke`, {});
      this.#done(`${key.name} is revoked.`);
    });
  }

  /** @param {string} text */
  #done(text) {
    announce(text);
    toast(text);
    this.onChange();
  }
}

/** @param {any} key */
function limits(key) {
  const own = [
    key.rate === null ? "" : `${key.rate} submits a minute`,
    key.max_queued === null ? "" : `${key.max_queued} unfinished jobs`,
    key.max_running === null ? "" : `${key.max_running} running jobs`,
    key.priority ? `priority ${key.priority}` : "",
    key.models === null ? "" : `only ${key.models.join(", ")}`,
    key.expires_at === null || key.state === "expired" ? "" : `until ${at(key.expires_at)}`,
  ].filter(Boolean);
  return own.join("; ") || "default";
}

/** @param {any} key */
function row(key) {
  const good = key.state === "good";
  const own = key.of_key === null;
  const buttons = document.createDocumentFragment();
  if (good && own) buttons.append(action("grant", key.id, "Grant", `Grant credits to ${key.name}`), action("limits", key.id, "Limits", `Set limits of ${key.name}`));
  if (own) buttons.append(action("jobs", key.id, "Jobs", `Jobs of ${key.name}`));
  if (good) buttons.append(action("revoke", key.id, "Revoke", `Revoke ${key.name}`, "danger"));
  const box = document.createElement("div");
  box.className = "row";
  box.append(buttons);
  return {
    key: key.id,
    cells: [
      several(key.name, hint(own ? key.id : `${key.id}, a secret of ${key.of_key}`)),
      badge(key.state, good ? "good" : "bad"),
      key.scopes.join(", "),
      own ? several(credits(key.credits), key.held_credits ? hint(`and ${credits(key.held_credits)} held`) : null) : "–",
      own ? several(`${key.queued} waiting`, hint(`${key.running} running`)) : "–",
      own ? limits(key) : "–",
      ago(key.last_used_at),
      box,
    ],
  };
}
