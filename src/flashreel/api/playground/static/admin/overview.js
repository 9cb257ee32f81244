/** The overview: tiles, charts, and what stands behind them. */

import { $, make } from "../dom.js";
import { credits, seconds } from "../words.js";
import { chart, show, span } from "./chart.js";
import { action, badge, hint, listen, several, table } from "./parts.js";
import { patch } from "./patch.js";
import { ask } from "./session.js";
import { ago, bytes, count, lasting, meaning, phaseName, sized, time } from "./words.js";

/** @type {Record<string, string>} */
const WINDOWS = { 1: "the last hour", 24: "the last 24 hours", 168: "the last 7 days" };
/** @type {Record<string, ""|"good"|"bad"|"busy">} */
const KINDS = { idle: "good", busy: "busy", warming: "", draining: "bad" };

export class Overview {
  /** @param {{onJob: (id: string) => void, onCode: (code: string) => void, onChange: () => void}} options */
  constructor({ onJob, onCode, onChange }) {
    listen($("panel-overview"), { job: onJob, code: onCode });
    $("hours").addEventListener("change", onChange);
  }

  /** @param {AbortSignal} signal */
  async load(signal) {
    this.draw(await ask(`overview?hours=${/** @type {HTMLSelectElement} */ ($("hours")).value}`, undefined, signal));
  }

  /** @param {any} seen */
  draw(seen) {
    patch($("tiles"), ...tiles(seen));
    show($("charts"), made(seen), waited(seen));
    patch($("workers"), workers(seen));
    patch($("queue"), queue(seen));
    patch($("timings"), timings(seen));
    patch($("failures"), failures(seen));
    patch($("storage"), storage(seen));
  }
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string} unit
 * @param {string} more
 * @param {boolean} [bad]
 */
const tile = (name, value, unit, more, bad = false) =>
  make(
    "li",
    { "data-key": name, className: bad ? "bad" : "" },
    make("span", { className: "name" }, name),
    make("span", { className: "value" }, value, make("span", { className: "unit" }, unit)),
    hint(more),
  );

/** @param {any} seen */
function tiles({ queue, workers, throughput, messages, storage, hours }) {
  const able = workers.filter((/** @type {any} */ one) => one.state === "idle" || one.state === "busy").length;
  const busy = workers.filter((/** @type {any} */ one) => one.job_id).length;
  const ended = throughput.completed + throughput.failed;
  const share = ended ? `${Math.round((throughput.failed / ended) * 1000) / 10}` : "0";
  const [free, unit] = sized(storage.disk_free_bytes);
  const full = storage.disk_free_bytes < 1.5 * storage.min_free_bytes;
  return [
    tile("Waiting", String(queue.queued), queue.queued === 1 ? "job" : "jobs", queue.oldest_seconds === null ? "nobody waits" : `the oldest for ${seconds(queue.oldest_seconds)}`),
    tile("Running", String(queue.running), queue.running === 1 ? "job" : "jobs", `${busy} of ${count(workers.length, "worker")} busy`),
    tile("Workers", String(able), `of ${workers.length} ready`, able ? "can take jobs" : "nobody makes videos", !able),
    tile("Finished", String(Math.round(throughput.per_hour * 10) / 10), "jobs an hour", `${throughput.completed} done in ${WINDOWS[hours]}`),
    tile("Failed", share, "%", `${count(throughput.failed, "job")} of ${ended}`),
    tile("Film made", ...lasting(throughput.video_seconds), `${credits(throughput.credits)} credits charged`),
    tile("Webhooks", String(messages.dead), messages.dead === 1 ? "dead message" : "dead messages", messages.waiting ? `${messages.waiting} wait, the oldest for ${seconds(messages.oldest_seconds)}` : "none waits", messages.dead > 0),
    tile("Disk", free, `${unit} free`, full ? "soon no job is accepted: make room" : `of ${bytes(storage.disk_total_bytes)}`, full),
  ];
}

/** @param {any} seen */
function made({ slots, throughput, hours }) {
  const each = slots.seconds === 3600 ? "hour" : slots.seconds < 3600 ? `${slots.seconds / 60} minutes` : `${slots.seconds / 3600} hours`;
  const most = slots.list.reduce((/** @type {any} */ one, /** @type {any} */ other) => (other.completed + other.failed > one.completed + one.failed ? other : one));
  const peak = most.completed + most.failed;
  return chart({
    key: "made",
    title: `Finished jobs per ${each}`,
    summary: peak ? `${throughput.completed} done and ${throughput.failed} failed in ${WINDOWS[hours]}; most, ${peak}, from ${span(most.start, slots.seconds)}.` : `None in ${WINDOWS[hours]}.`,
    columns: ["Done", "Failed"],
    classes: ["completed", "failed"],
    bars: slots.list.map((/** @type {any} */ one) => ({ start: one.start, values: [one.completed, one.failed], said: [`${one.completed} done`, `${one.failed} failed`] })),
    width: slots.seconds,
    mark: (value) => (Number.isInteger(value) ? String(value) : ""),
  });
}

/** @param {any} seen */
function waited({ slots, hours }) {
  const known = slots.list.filter((/** @type {any} */ one) => one.wait_seconds !== null);
  const most = known.reduce((/** @type {any} */ one, /** @type {any} */ other) => (one && one.wait_seconds >= other.wait_seconds ? one : other), null);
  return chart({
    key: "waited",
    title: "Average wait in the queue",
    summary: most ? `Longest, ${time(most.wait_seconds)}, from ${span(most.start, slots.seconds)}.` : `Nothing was made in ${WINDOWS[hours]}.`,
    columns: ["Wait"],
    classes: ["wait"],
    bars: slots.list.map((/** @type {any} */ one) => ({ start: one.start, values: [one.wait_seconds ?? 0], said: [one.wait_seconds === null ? "nothing made" : time(one.wait_seconds)] })),
    width: slots.seconds,
    mark: (value) => lasting(value).join(" "),
  });
}

/** @param {string} id */
const jobLink = (id) => action("job", id, id.slice(0, 8), `Details of the job ${id}`, "link");

/** @param {any} seen */
function workers(seen) {
  const rows = seen.workers.map((/** @type {any} */ one) => ({
    key: one.id,
    cells: [
      several(one.id, hint(`${one.engine}, process ${one.pid}`)),
      badge(one.state, KINDS[one.state] ?? ""),
      one.stage && one.state !== "idle"
        ? several(`${one.stage}, ${Math.round(one.progress * 100)} %`, make("progress", { max: 1, value: one.progress, "aria-label": `Progress of ${one.id}` }), one.still_seconds > 30 && !one.job_id ? hint(`nothing has moved for ${seconds(one.still_seconds)}`) : null)
        : "–",
      one.job_id ? several(jobLink(one.job_id), hint(`${one.model}, for ${seconds(one.job_seconds ?? 0)}`)) : "none",
    ],
  }));
  const columns = [{ name: "Worker" }, { name: "State" }, { name: "Does" }, { name: "Job" }];
  return table("Workers", columns, rows, "No worker is there, so nothing is made. Start one: flashreel worker, on this or another machine, or flashreel serve --workers 1.");
}

/** @param {any} seen */
function queue({ queue: { models, limit } }) {
  const rows = models.map((/** @type {any} */ one) => ({ key: one.model, cells: [one.model, `${one.queued}`, `${one.running}`, one.oldest_seconds === null ? "–" : seconds(one.oldest_seconds)] }));
  const columns = [{ name: "Model" }, { name: "Jobs waiting", kind: "number" }, { name: "Jobs running", kind: "number" }, { name: "Oldest waits for", kind: "number" }];
  return make("div", {}, table("The queue by model", columns, rows, "Empty: what is submitted begins at once.", "plain"), make("p", { className: "hint" }, `It takes ${count(limit, "unfinished job")} at most.`));
}

/** @param {any} seen */
function timings({ timings: models, hours }) {
  const columns = [{ name: "Stage" }, ...["Half within", "95 % within", "Longest"].map((name) => ({ name, kind: "number" }))];
  const tables = models.map((/** @type {any} */ one) => {
    const rows = one.phases.map((/** @type {any} */ phase) => ({
      key: phase.phase,
      cells: [phaseName(phase.phase), time(phase.median_seconds), time(phase.p95_seconds), time(phase.longest_seconds)],
    }));
    return table(`${one.model}, ${count(one.jobs, "job")}`, columns, rows, "", "titled");
  });
  return make("div", {}, ...(tables.length ? tables : [table("", columns, [], `Nothing was completed in ${WINDOWS[hours]}.`)]));
}

/** @param {any} seen */
function failures({ failures: codes, hours }) {
  const rows = codes.map((/** @type {any} */ one) => ({
    key: one.code,
    cells: [several(action("code", one.code, one.code, `Jobs that failed with ${one.code}`, "link"), hint(meaning(one.code))), count(one.count, "job"), ago(one.latest_at)],
  }));
  return table("Failures by code", [{ name: "Code" }, { name: "How many", kind: "number" }, { name: "Latest", kind: "number" }], rows, `No job failed in ${WINDOWS[hours]}.`, "plain");
}

/** @param {any} seen */
function storage({ storage: kept }) {
  const rows = [
    ["Videos", kept.videos],
    ["Stills of videos", kept.stills],
    ["Uploaded images", kept.uploads],
  ].map(([name, files]) => ({ key: name, cells: [name, count(files.count, "file"), bytes(files.bytes)] }));
  const quota = kept.quota_bytes === null ? "There is no quota for finished files" : `Finished files may take ${bytes(kept.quota_bytes)}, then the oldest go early`;
  const note = `${quota}. Below ${bytes(kept.min_free_bytes)} of free disk no job is accepted.`;
  return make("div", {}, table("Files that are kept", [{ name: "What" }, { name: "Files", kind: "number" }, { name: "Size", kind: "number" }], rows, "", "plain"), make("p", { className: "hint" }, note));
}
