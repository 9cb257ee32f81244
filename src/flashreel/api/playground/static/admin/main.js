/** The dashboard: signs in, shows one part, and looks again every few seconds while somebody can see it. */

import { Refused } from "../api.js";
import { $, say, show } from "../dom.js";
import { tabs } from "../tabs.js";
import { plainly } from "../words.js";
import { Hooks } from "./hooks.js";
import { Jobs } from "./jobs.js";
import { Keys } from "./keys.js";
import { Overview } from "./overview.js";
import { adminKey, ask, forgetAdminKey, setAdminKey } from "./session.js";

const EVERY_SECONDS = 5;

/** What is under way, to be given up when something else is wanted. @type {AbortController|null} */
let busy = null;
let timer = 0;
let paused = false;
let part = "tab-overview";
/** When what is shown was read. */
let fresh = "";

const onChange = () => void refresh();
const onJob = (/** @type {string} */ id) => void jobs.look(id);
/** @param {{code?: string, key?: string}} what */
const seek = (what) => {
  $("tab-jobs").click();
  jobs.seek(what);
};
const jobs = new Jobs({ onChange });
const parts = /** @type {Record<string, {load: (signal: AbortSignal) => Promise<void>}>} */ ({
  "tab-overview": new Overview({ onChange, onJob, onCode: (code) => seek({ code }) }),
  "tab-jobs": jobs,
  "tab-keys": new Keys({ onChange, onJobs: (key) => seek({ key }) }),
  "tab-hooks": new Hooks({ onChange, onJob }),
});

/** Reads and draws the part that is shown, and again after a while. */
async function refresh() {
  if (!adminKey()) return;
  clearTimeout(timer);
  busy?.abort();
  const mine = new AbortController();
  busy = mine;
  let wait = EVERY_SECONDS;
  try {
    await parts[part].load(mine.signal);
    fresh = new Date().toLocaleTimeString();
    $("updated").textContent = `as of ${fresh}`;
    say($("trouble"), "");
  } catch (error) {
    if (mine.signal.aborted) return;
    if (error instanceof Refused && (error.status === 401 || error.status === 403)) return signOut(refusal(error));
    const { title, text } = plainly(error);
    say($("trouble"), `${title}. ${text}${fresh ? ` What is shown is of ${fresh}.` : ""}`);
    if (error instanceof Refused) wait = Math.max(wait, error.wait);
  }
  if (busy === mine && !paused && !document.hidden) timer = setTimeout(onChange, wait * 1000);
}

function stop() {
  clearTimeout(timer);
  busy?.abort();
  busy = null;
}

/** @param {Refused} error */
function refusal(error) {
  if (error.status === 401) return "This key is not valid, or no longer.";
  return "This key is good, but has not the scope admin. Make one that has, as below.";
}

/** @param {string} [why] */
function signOut(why = "") {
  stop();
  forgetAdminKey();
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  parts["tab-keys"] instanceof Keys && parts["tab-keys"].forgetSecret();
  for (const id of ["tiles", "charts", "workers", "queue", "timings", "failures", "storage", "jobs", "job-body", "keys", "messages", "standing"]) $(id).replaceChildren();
  fresh = "";
  say($("trouble"), "");
  show($("board"), false);
  show($("session"), false);
  show($("sign-in"), true);
  say($("sign-in-error"), why);
  $("admin-key").setAttribute("aria-invalid", String(why !== ""));
  $("admin-key").focus();
}

function enter() {
  show($("sign-in"), false);
  show($("board"), true);
  show($("session"), true);
  void refresh();
}

$("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = /** @type {HTMLInputElement} */ ($("admin-key"));
  const given = field.value.trim();
  if (!given) {
    say($("sign-in-error"), "Paste an admin key first.");
    return field.focus();
  }
  // A header holds nothing else, and no key has anything else in it.
  if (!/^[!-~]+$/.test(given)) return signOut("This key is not valid: it has characters that no key has.");
  setAdminKey(given);
  try {
    await ask("overview");
  } catch (error) {
    const { title, text } = plainly(error);
    return signOut(error instanceof Refused && (error.status === 401 || error.status === 403) ? refusal(error) : `${title}. ${text}`);
  }
  field.value = "";
  say($("sign-in-error"), "");
  field.removeAttribute("aria-invalid");
  enter();
});
$("sign-out").addEventListener("click", () => signOut());
$("pause").addEventListener("click", () => {
  paused = !paused;
  $("pause").textContent = paused ? "Go on" : "Pause";
  if (paused) stop();
  else void refresh();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) stop();
  else if (!paused) void refresh();
});
addEventListener("online", () => void (paused || refresh()));
tabs($("tabs"), (id) => {
  part = id;
  history.replaceState(null, "", `#${id.slice(4)}`);
  void refresh();
});

if (adminKey()) enter();
else show($("sign-in"), true);
if ($(`tab-${location.hash.slice(1)}`)) $(`tab-${location.hash.slice(1)}`).click();
