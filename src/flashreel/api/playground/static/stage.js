/** The stage: what stands in the middle of the page. One of `empty`, `working`, `video`, `failure` at a time. */

import { here } from "./api.js";
import { $, announce, say, show } from "./dom.js";
import { seconds, stageWord } from "./words.js";

const PLACES = ["empty", "working", "video", "failure"];
const video = /** @type {HTMLVideoElement} */ ($("video"));

/** @param {string} place */
function only(place) {
  for (const name of PLACES) show($(name), name === place);
  if (place !== "video") {
    video.pause();
    video.removeAttribute("src");
    video.load();
  }
  if (place !== "working") document.title = "flashreel";
}

export const empty = () => only("empty");

/** @param {string} ratio */
export function shape(ratio) {
  const [width, height] = ratio.split(":").map(Number);
  if (width > 0 && height > 0) $("stage").style.setProperty("--ratio", String(width / height));
}

let spoken = "";

/** @param {import("./follow.js").Status} status */
export function work(status) {
  if ($("working").hidden) {
    only("working");
    spoken = "";
  }
  const percent = Math.floor(status.progress * 100);
  $("percent").textContent = String(percent);
  /** @type {HTMLProgressElement} */ ($("progress")).value = percent;
  $("stage-word").textContent = stageWord(status);
  $("left").textContent = typeof status.eta === "number" ? `about ${seconds(Math.max(1, status.eta))} left` : "";
  document.title = `${percent}% · flashreel`;
  // Not every percent: a screen reader would speak of nothing else.
  const said = `${stageWord(status)}, ${Math.floor(percent / 25) * 25}%`;
  if (said !== spoken) announce((spoken = said));
}

/** @param {string} text what is in the way, empty where nothing is */
export function trouble(text) {
  say($("trouble"), text);
}

/**
 * @param {string} url
 * @param {boolean} loop
 */
export function play(url, loop) {
  only("video");
  video.loop = loop;
  video.src = here(url);
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) video.play().catch(() => {});
}

/**
 * @param {{title: string, text: string}} said
 * @param {boolean} canRetry
 */
export function fail({ title, text }, canRetry) {
  only("failure");
  $("failure-title").textContent = title;
  $("failure-text").textContent = text;
  show($("again"), canRetry);
  announce(`${title}. ${text}`);
}

/**
 * The last frame of the video that stands there, as a PNG.
 * @returns {Promise<Blob>}
 */
export async function lastFrame() {
  video.pause();
  const end = Math.max(0, video.duration - 0.5 / 24);
  if (Math.abs(video.currentTime - end) > 0.001 || video.seeking) {
    const sought = new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
    video.currentTime = end;
    await sought;
  }
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(video, 0, 0);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the frame cannot be read"))), "image/png");
  });
}
