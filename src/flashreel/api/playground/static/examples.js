/** Prompts that the built-in engine draws well, each with a still of what it makes of it (from docs/gallery.md). */

export const EXAMPLES = [
  ["boy", "a young boy riding a red bicycle in grand canyon valleys"],
  ["fox", "a red fox running through a snowy forest at dusk"],
  ["sailboat", "a sailboat on a stormy sea, lightning, cinematic drone shot"],
  ["rocket", "a rocket launching over a city at night"],
  ["elephant", "an elephant walking in the savanna at sunset"],
  ["balloon", "a hot air balloon over mountains at sunrise"],
  ["beach", "a woman in a red dress walking along a beach at sunset"],
  ["train", "a steam train crossing the prairie"],
];

/** Further ones, for who asks for an idea. */
export const IDEAS = [
  ...EXAMPLES.map(([, prompt]) => prompt),
  "an astronaut riding a white horse on mars",
  "an old wizard standing in a misty forest",
  "a man riding a motorcycle on a highway at sunset",
  "a white horse galloping through a meadow, pan right",
  "a black cat walking in a street at night",
  "an orange fish swimming in a coral reef",
  "a village in winter, snowing",
  "two zebras running in the savanna",
  "a lake in the mountains at dawn, fog",
];
