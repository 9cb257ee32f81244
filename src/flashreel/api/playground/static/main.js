/** The playground: wires the form, the stage, the code and the history together. */

import { readAccount, readModels } from "./account.js";
import { Refused, here, origin } from "./api.js";
import { Composer } from "./composer.js";
import { $, announce, chosen, copy, make, radios, say, show, toast } from "./dom.js";
import { EXAMPLES } from "./examples.js";
import { History } from "./history.js";
import { asked, cancel, finish, forget, remember, remembered, submit } from "./job.js";
import { forgetKey, isKept, key, setKey } from "./key.js";
import { SNIPPETS } from "./snippets.js";
import * as stage from "./stage.js";
import { tabs } from "./tabs.js";
import { countdown } from "./times.js";
import { credits, failed, plainly, seconds, sentence } from "./words.js";

/** @type {AbortController|null} ends what the stage is busy with */
let busy = null;
/** The id of the job on the stage, once it has one. */
let current = "";
/** Whether the job is to be cancelled as soon as its id is known. */
let unwanted = false;
/** What "Try again" does. */
let again = () => {};
/** @type {number|null} */
let balance = null;

const composer = new Composer();
composer.onChange = changed;
const history = new History({
  onOpen: (id) => {
    take(id);
    $("stage").scrollIntoView({ block: "nearest" });
  },
  onUse: (values) => {
    composer.fill(values);
    $("generate").focus();
    toast("The form has what that video was made of.");
  },
});

function changed() {
  const { values, price } = composer;
  if (!busy && !current) stage.shape(values.aspect_ratio);
  const short = price !== null && balance !== null && price > balance;
  const left = balance === null || price === null ? "" : short ? `you have ${credits(balance)}` : `${credits(balance - price)} left after`;
  $("price").replaceChildren(...(price === null ? [] : [make("b", {}, `${credits(price)} credits`), left]));
  $("price").classList.toggle("wrong", short);
  drawCode();
}

function drawCode() {
  const snippet = SNIPPETS[chosen("language")];
  if (snippet) $("code").textContent = snippet.write(composer.values, origin);
}

// --- the key -----------------------------------------------------------------

/** @param {boolean} open */
function openKey(open) {
  show($("key-panel"), open);
  $("key-button").setAttribute("aria-expanded", String(open));
  show($("key-forget"), key() !== "");
}

/** Reads what the key has and may; without a good one the place to set it opens. */
async function refresh() {
  $("key-button").textContent = key() ? "Key" : "Set key";
  if (!key()) {
    balance = null;
    say($("credits"), "");
    openKey(true);
    changed();
    return false;
  }
  try {
    const account = await readAccount();
    balance = account.credits;
    say($("credits"), `${credits(balance)} credits`);
    say($("key-error"), account.mayGenerate ? "" : "This key may look at videos, but not make any.");
    changed();
    return true;
  } catch (error) {
    const { title, text } = plainly(error);
    if (error instanceof Refused && error.status === 401) {
      openKey(true);
      say($("key-error"), "This key is not valid: it is unknown, has expired or was revoked.");
    } else say($("key-error"), `${title}. ${text}`);
    return false;
  }
}

/** After a key is set, or the page is loaded with one. */
async function begin() {
  if (!(await refresh())) return;
  openKey(false);
  try {
    composer.setModels(await readModels());
  } catch (error) {
    toast(`${plainly(error).title}.`);
  }
  composer.start.upload();
  composer.end.upload();
  if (!$("panel-history").hidden) showHistory();
  if (remembered() && !busy) take(remembered());
}

async function saveKey() {
  const field = /** @type {HTMLInputElement} */ ($("key"));
  const value = field.value.trim();
  if (!value || /[^!-~]/.test(value)) {
    say($("key-error"), value ? "A key has letters, digits and _ only." : "Paste the key here first.");
    field.focus();
    return;
  }
  setKey(value, /** @type {HTMLInputElement} */ ($("key-keep")).checked);
  say($("key-error"), "");
  await begin();
  if ($("key-panel").hidden) {
    field.value = "";
    $("prompt").focus();
  } else field.focus();
}

$("key-button").addEventListener("click", () => {
  openKey($("key-panel").hidden);
  if (!$("key-panel").hidden) $("key").focus();
});
$("key-save").addEventListener("click", saveKey);
$("key").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  saveKey();
});
$("key-forget").addEventListener("click", () => {
  forgetKey();
  forget();
  $("history").replaceChildren();
  refresh();
  toast("This browser has forgotten the key.");
});

// --- a job -------------------------------------------------------------------

/** @param {Error|null} error */
function onTrouble(error) {
  if (!error) return stage.trouble("");
  const { title } = plainly(error);
  return stage.trouble(`${title}. Trying again; the video goes on without this page.`);
}

/**
 * Keeps the stage busy with `work`, and says what it ends with.
 * @param {(signal: AbortSignal) => Promise<void>} work
 * @param {() => void} retry
 */
async function keepBusy(work, retry) {
  busy?.abort();
  const own = (busy = new AbortController());
  again = retry;
  current = "";
  unwanted = false;
  show($("result"), false);
  setGenerating(true);
  stage.trouble("");
  try {
    await work(own.signal);
  } catch (error) {
    if (busy !== own) return;
    if (own.signal.aborted) stage.empty();
    else if (error instanceof Refused && error.status === 404 && current) {
      forget();
      stage.fail({ title: "This video has expired", text: "The server keeps videos for a while only, and this one is gone." }, false);
    } else {
      stage.fail(plainly(error), true);
      if (error instanceof Refused && error.status === 401) refresh();
    }
  } finally {
    if (busy === own) {
      busy = null;
      setGenerating(false);
    }
  }
}

/** @param {boolean} on */
function setGenerating(on) {
  const button = /** @type {HTMLButtonElement} */ ($("generate"));
  button.disabled = on;
  button.textContent = on ? "Generating…" : "Generate";
}

/** Makes what the form says. */
async function generate() {
  if (busy || !composer.check()) return;
  if (!key()) {
    openKey(true);
    say($("key-error"), "Set a key first.");
    $("key").focus();
    return;
  }
  stage.shape(composer.values.aspect_ratio);
  $("stage").scrollIntoView({ block: "nearest" });
  await keepBusy(async (signal) => {
    stage.work({ status: "QUEUED", stage: "Sending", progress: 0 });
    if (!(await composer.imagesReady())) {
      stage.fail({ title: "An image could not be uploaded", text: "What is wrong stands under it." }, true);
      return;
    }
    const id = await submit(composer.values, signal, onTrouble);
    if (unwanted) await cancel(id);
    refresh();
    await see(id, signal);
  }, generate);
}

/**
 * Shows a job that is there already.
 * @param {string} id
 */
const take = (id) => keepBusy((signal) => see(id, signal), () => take(id));

/**
 * @param {string} id
 * @param {AbortSignal} signal
 */
async function see(id, signal) {
  current = id;
  remember(id);
  const body = await finish(id, { signal, onStatus: stage.work, onTrouble });
  if (signal.aborted) return;
  refresh();
  if (!$("panel-history").hidden) showHistory();
  if (body.status === "FAILED") {
    forget();
    stage.fail(failed(body), false);
    return;
  }
  const values = await asked(id).catch(() => null);
  if (!signal.aborted) showVideo(body, values);
}

/**
 * @param {any} body
 * @param {Partial<import("./composer.js").Values>|null} values
 */
function showVideo(body, values) {
  const { video, metrics } = body;
  stage.shape(`${video.width}:${video.height}`);
  stage.play(body.output, values?.loop ?? false);
  $("result-prompt").textContent = values?.prompt ?? "";
  const warnings = $("warnings");
  warnings.replaceChildren(...body.warnings.map((/** @type {string} */ one) => make("li", {}, sentence(one))));
  show(warnings, body.warnings.length > 0);
  const until = make("span");
  countdown(until, body.expires_at);
  const facts = [
    `${video.width} × ${video.height}`,
    `${video.duration} s${values?.loop ? " loop" : ""}`,
    `seed ${body.seed}`,
    `${credits(metrics.cost ?? 0)} credits`,
    `made in ${seconds(metrics.inference_time ?? 0)}`,
  ];
  $("facts").replaceChildren(...facts.flatMap((fact) => [make("span", {}, fact), " "]), until);
  const link = /** @type {HTMLAnchorElement} */ ($("download"));
  link.href = here(body.output);
  link.download = video.file_name;
  show($("result"), true);
  announce(["The video is ready.", ...body.warnings.map(sentence)].join(" "));
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  generate();
});
$("prompt").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) generate();
});
$("cancel").addEventListener("click", async () => {
  if (!current && unwanted) return busy?.abort(); // asked twice, while no answer comes
  try {
    if (current) await cancel(current);
    else unwanted = true;
    $("stage-word").textContent = "Cancelling";
  } catch (error) {
    onTrouble(/** @type {Error} */ (error));
  }
});
$("again").addEventListener("click", () => again());
for (const id of ["dismiss", "clear"]) {
  $(id).addEventListener("click", () => {
    forget();
    current = "";
    show($("result"), false);
    stage.empty();
    stage.shape(composer.values.aspect_ratio);
    $("prompt").focus();
  });
}
$("copy-link").addEventListener("click", () => copy(/** @type {HTMLAnchorElement} */ ($("download")).href, "Link"));
$("last-frame").addEventListener("click", async () => {
  try {
    composer.start.setFile(await stage.lastFrame());
    toast("The last frame is the start image now.");
  } catch (error) {
    toast(`The last frame cannot be read: ${error}`);
  }
});
$("video").addEventListener("error", () => {
  if ($("video").hidden || !$("video").getAttribute("src")) return;
  stage.fail({ title: "The video cannot be played", text: "It may have expired, or the server may be gone." }, true);
});

// --- code and history ----------------------------------------------------------

async function showHistory() {
  if (!key()) {
    say($("history-note"), "Set a key to see what was made with it.");
    return;
  }
  try {
    await history.refresh();
  } catch (error) {
    const { title, text } = plainly(error);
    say($("history-note"), `${title}. ${text}`);
  }
}

radios($("languages"), "language", Object.keys(SNIPPETS), "segmind", (name) => [SNIPPETS[name].title]);
$("languages").addEventListener("change", drawCode);
$("copy-code").addEventListener("click", () => copy($("code").textContent ?? "", "Code"));
tabs(/** @type {HTMLElement} */ (document.querySelector("[role=tablist]")), (id) => {
  if (id === "tab-history") showHistory();
});
$("examples").append(
  ...EXAMPLES.map(([name, prompt]) =>
    make(
      "li",
      {},
      make(
        "button",
        { type: "button", onclick: () => composer.setPrompt(prompt) },
        make("img", { src: `playground/examples/${name}.webp`, alt: "", width: 320, height: 180 }),
        make("span", {}, prompt),
      ),
    ),
  ),
);
/** @type {HTMLInputElement} */ ($("key-keep")).checked = isKept();
changed();
begin();
