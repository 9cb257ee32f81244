/** What the form says, as code: one function a client. Each runs as it stands, with the key in FLASHREEL_API_KEY. */

/** @typedef {import("./composer.js").Values} Values */

/** What the operator's own model is called where a dialect has a name of its own for the built-in one. */
const LUMA = { "ray-flash-2-720p": "ray-flash-2" };
const REPLICATE = { "ray-flash-2-720p": "luma/ray-flash-2-720p" };

/** The fields of Segmind's dialect, without those that say what is so anyway. @param {Values} values */
export function fields(values) {
  return {
    prompt: values.prompt || "a red fox running through a snowy forest at dusk",
    aspect_ratio: values.aspect_ratio,
    duration: values.duration,
    ...(values.loop ? { loop: true } : {}),
    ...(values.start ? { start_image_url: values.start } : {}),
    ...(values.end ? { end_image_url: values.end } : {}),
    ...(values.seed ? { seed: Number(values.seed) } : {}),
  };
}

/** A literal of Python. @param {unknown} value @returns {string} */
function python(value) {
  if (value === true) return "True";
  if (value !== null && typeof value === "object") {
    return `{${Object.entries(value).map(([name, one]) => `"${name}": ${python(one)}`).join(", ")}}`;
  }
  return JSON.stringify(value); // strings and numbers are the same there
}

/** Arguments by name, one a line. @param {object} values @param {string} indent */
const named = (values, indent = "    ") =>
  Object.entries(values).map(([name, value]) => `${indent}${name}=${python(value)},\n`).join("");

/** Members of a dict, one a line. @param {object} values @param {string} indent */
const members = (values, indent) =>
  Object.entries(values).map(([name, value]) => `${indent}"${name}": ${python(value)},\n`).join("");

/** A word of a shell. @param {string} text */
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** @type {Record<string, {title: string, write: (values: Values, origin: string) => string}>} */
export const SNIPPETS = {
  segmind: {
    title: "Segmind",
    write: (values, origin) => `# pip install segmind
import os

from segmind import InferenceFailed, SegmindClient

client = SegmindClient(api_key=os.environ["FLASHREEL_API_KEY"], base_url=${python(`${origin}/v1`)})
job = client.submit_async(
    ${python(values.model)},
${named(fields(values))})
print(job.request_id)
try:
    result = job.wait(timeout=900, interval=1.0)
    print(result["output"])
except InferenceFailed as error:
    raise SystemExit(f"failed: {error.detail}")
`,
  },
  curl: {
    title: "curl",
    write: (values, origin) => `# one call that waits, and answers the video
curl --fail-with-body --output video.mp4 \\
  --header "x-api-key: $FLASHREEL_API_KEY" --header "content-type: application/json" \\
  --data ${shell(JSON.stringify(fields(values)))} \\
  ${shell(`${origin}/v1/${values.model}`)}
`,
  },
  javascript: {
    title: "JavaScript",
    write: (values, origin) => `// node video.mjs
const server = ${JSON.stringify(origin)};
const headers = { "x-api-key": process.env.FLASHREEL_API_KEY, "content-type": "application/json" };

const answer = await fetch(\`\${server}/v2/${values.model}\`, {
  method: "POST",
  headers,
  body: JSON.stringify(${JSON.stringify(fields(values), null, 2).replaceAll("\n", "\n  ")}),
});
let job = await answer.json();
if (!answer.ok) throw new Error(job.error);
while (job.status === "QUEUED" || job.status === "PROCESSING") {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  job = await (await fetch(\`\${server}/v2/requests/\${job.request_id}\`, { headers })).json();
}
if (job.status === "FAILED") throw new Error(job.error);
console.log(job.output);
`,
  },
  luma: {
    title: "Luma",
    write: (values, origin) => {
      const image = (/** @type {string} */ url) => ({ type: "image", url });
      const frames = { ...(values.start ? { frame0: image(values.start) } : {}), ...(values.end ? { frame1: image(values.end) } : {}) };
      const asked = {
        model: /** @type {Record<string, string>} */ (LUMA)[values.model] ?? values.model,
        prompt: fields(values).prompt,
        aspect_ratio: values.aspect_ratio,
        duration: `${values.duration}s`,
        ...(values.loop ? { loop: true } : {}),
        ...(Object.keys(frames).length ? { keyframes: frames } : {}),
        ...(values.seed ? { extra_body: { seed: Number(values.seed) } } : {}),
      };
      return `# pip install lumaai
import os
import time

from lumaai import LumaAI

client = LumaAI(auth_token=os.environ["FLASHREEL_API_KEY"], base_url=${python(`${origin}/dream-machine/v1`)})
generation = client.generations.create(
${named(asked)})
while generation.state not in ("completed", "failed"):
    time.sleep(1)
    generation = client.generations.get(id=generation.id)
if generation.state == "failed":
    raise SystemExit(generation.failure_reason)
print(generation.assets.video)
`;
    },
  },
  openai: {
    title: "OpenAI",
    write: (values, origin) => {
      const { prompt, duration, ...extra } = fields(values);
      return `# pip install openai
import os

from openai import OpenAI

client = OpenAI(api_key=os.environ["FLASHREEL_API_KEY"], base_url=${python(`${origin}/v1`)})
video = client.videos.create_and_poll(
    model=${python(values.model)},
    prompt=${python(prompt)},
    seconds=${python(String(duration))},
    extra_body={
${members(extra, "        ")}    },
)
if video.status == "failed":
    raise SystemExit(f"{video.error.code}: {video.error.message}")
client.videos.download_content(video.id).write_to_file("video.mp4")
print(video.id)
`;
    },
  },
  replicate: {
    title: "Replicate",
    write: (values, origin) => {
      const { start_image_url: start, end_image_url: end, ...plain } = fields(values);
      const input = { ...plain, ...(start ? { start_image: start } : {}), ...(end ? { end_image: end } : {}) };
      const name = /** @type {Record<string, string>} */ (REPLICATE)[values.model] ?? `flashreel/${values.model}`;
      return `# pip install replicate
import os

import replicate

client = replicate.Client(base_url=${python(`${origin}/replicate`)}, api_token=os.environ["FLASHREEL_API_KEY"])
output = client.run(
    ${python(name)},
    input={
${members(input, "        ")}    },
)
print(output)
`;
    },
  },
};
