"""The vocabulary of the scene: camera, style, time, weather, mood, season and places.

Entries may be phrases of up to `PHRASE_MAX` words; a hyphen counts as a space ("close-up").
"""

from __future__ import annotations

from typing import Final

from flashreel.engines.animatic.tables import aliases

CAMERA: Final = aliases(
    {
        "close": "close up, closeup, macro shot",
        "crane": "crane shot, crane up, pedestal up",
        "crane_down": "crane down, pedestal down",
        "drone": "drone shot, aerial shot, aerial view, aerial, drone, drone footage, drone view, drone video, "
        "bird's eye view",
        "handheld": "handheld",
        "low": "low angle",
        "orbit": "orbit, orbiting, orbit left",
        "orbit_right": "orbit right",
        "pan_left": "pan left, move left, truck left",
        "pan_right": "pan right, camera panning, panning, move right, truck right",
        "pov": "pov",
        "pull": "zoom out, pull out, pull back, dolly out",
        "push": "zoom in, push in, dolly in",
        "static": "static shot, static, locked off",
        "tilt": "tilt up",
        "track": "tracking shot, tracking, follow shot",
        "wide": "wide shot, establishing shot",
    }
)

#: The factor on all motion.
SPEEDS: Final[dict[str, float]] = {
    "slow motion": 0.5,
    "super slow motion": 0.5,
    "timelapse": 3.0,
    "time lapse": 3.0,
    "hyperlapse": 3.0,
}

STYLE: Final = aliases(
    {
        "anime": "anime",
        "clay": "claymation",
        "cyberpunk": "cyberpunk, synthwave, neon",
        "dreamy": "dreamy",
        "lowpoly": "low poly",
        "minimal": "minimalist",
        "noir": "black and white, monochrome, noir, film noir",
        "painting": "oil painting, painting, painterly",
        "paper": "paper cutout",
        "pastel": "pastel",
        "pixel": "pixel art, 8 bit",
        "sketch": "sketch, pencil",
        "toon": "cartoon",
        "vintage": "vintage, retro, sepia, film grain",
        "watercolor": "watercolor, watercolour",
        "cinematic": "cinematic, photorealistic, realistic, 3d render",
    }
)

TIME: Final = aliases(
    {
        "dawn": "sunrise, dawn, morning, early morning",
        "day": "noon, midday, daytime, afternoon, sunny, daylight",
        "golden": "golden hour, late afternoon",
        "sunset": "sunset, sun setting",
        "dusk": "dusk, twilight, evening, blue hour",
        "night": "night, nighttime, midnight, moonlight, moonlit, starry, stars, full moon, night sky, starry sky",
    }
)

WEATHER: Final = aliases(
    {
        "aurora": "aurora, northern lights",
        "clear": "clear",
        "cloudy": "cloudy, overcast",
        "confetti": "confetti",
        "dust": "dusty, sandstorm",
        "fireflies": "fireflies",
        "fireworks": "fireworks",
        "fog": "fog, foggy, mist, misty, hazy",
        "leaves": "falling leaves",
        "lightning": "lightning, thunder",
        "petals": "petals",
        "rain": "rain, rainy, raining, drizzle, downpour",
        "rainbow": "rainbow",
        "snow": "snow, snowy, snowing, snowfall, blizzard, snow covered, snow capped",
        "storm": "storm, stormy, thunderstorm",
        "wind": "windy, wind",
    }
)

MOOD: Final = aliases(
    {
        "calm": "peaceful, calm, serene, tranquil",
        "dark": "scary, spooky, eerie, mysterious",
        "epic": "epic, dramatic, majestic",
        "happy": "happy, joyful, cheerful",
        "magic": "magical, enchanted, mystical, whimsical",
        "sad": "sad, lonely, melancholic",
        "warm": "romantic, cozy",
    }
)

#: "fall" is a season only beside one of `FALL_NEIGHBOURS`; otherwise somebody falls.
SEASON: Final = aliases(
    {"winter": "winter", "spring": "spring", "summer": "summer", "autumn": "autumn, autumnal, fall"}
)
FALL_NEIGHBOURS: Final = frozenset({"early", "late", "colors", "colours", "foliage", "forest", "in", "during", "this"})

#: Plurals need no entry.
SETTING: Final = aliases(
    {
        "beach": "beach, shore, seaside, coast, island",
        "canyon": "grand canyon, canyon, gorge, badlands, monument valley, wild west",
        "city": "city, skyline, downtown, new york, tokyo",
        "desert": "desert, sahara, dune, sand",
        "forest": "forest, woods, woodland, jungle, rainforest, rain forest",
        "hills": "valley",
        "lake": "lake, pond, river, swamp",
        "mars": "mars, planet",
        "meadow": "hill, meadow, field, grass, park, garden, countryside, farm, prairie, vineyard, stadium",
        "moon": "moon",
        "mountains": "mountain, alps, himalayas, peak, cliff",
        "ocean": "ocean, sea, waves, harbor, harbour",
        "road": "road, highway",
        "room": "room, living room, bedroom, kitchen, table, plate, desk, shelf, counter, indoors, interior",
        "savanna": "savanna, savannah, serengeti, africa",
        "sky": "sky, clouds",
        "snowfield": "tundra, arctic, antarctica, ice",
        "space": "space, galaxy, outer space",
        "street": "street, town",
        "studio": "studio",
        "underwater": "underwater, reef, coral reef, deep sea",
        "village": "village",
        "volcano": "volcano",
    }
)

#: Places the lexicon knows by concept, and the setting that shows them; an empty one means that none does.
PLACE_CONCEPTS: Final[dict[str, str]] = {
    "beach": "beach",
    "canyon": "canyon",
    "cave": "",
    "city": "city",
    "desert": "desert",
    "farm": "meadow",
    "farmland": "meadow",
    "forest": "forest",
    "garden": "meadow",
    "glacier": "snowfield",
    "harbor": "ocean",
    "island": "beach",
    "lake": "lake",
    "meadow": "meadow",
    "moon": "moon",
    "mountains": "mountains",
    "ocean": "ocean",
    "planet": "",
    "river": "lake",
    "room": "room",
    "space": "space",
    "stadium": "meadow",
    "street": "street",
    "underwater": "underwater",
    "village": "village",
    "volcano": "volcano",
    "waterfall": "",
}

#: Of several places in one prompt the most telling is shown; 2 for those not listed.
SETTING_RANK: Final[dict[str, int]] = {
    "mars": 5,
    "canyon": 5,
    "savanna": 5,
    "underwater": 5,
    "beach": 4,
    "city": 4,
    "desert": 4,
    "forest": 4,
    "moon": 4,
    "mountains": 4,
    "ocean": 4,
    "snowfield": 4,
    "space": 4,
    "volcano": 4,
    "lake": 5,
    "room": 1,
}

#: Where a subject is shown when the prompt names no place; a meadow for those not listed.
HOME_OF: Final = aliases(
    {
        "city": "rocket, skyscraper",
        "desert": "emoji:camel, cactus",
        "forest": "deer, bear, fox, wolf",
        "moon": "astronaut",
        "mountains": "balloon, eagle",
        "ocean": "sailboat, ship, boat, whale, dolphin",
        "road": "car, truck",
        "savanna": "elephant, lion, giraffe, zebra",
        "sky": "airplane, bird",
        "snowfield": "penguin",
        "street": "bus",
        "underwater": "fish, shark, octopus, jellyfish, turtle",
    }
)

#: The light of a place when the prompt names no time; day for those not listed.
LIGHT_OF: Final[dict[str, str]] = {"canyon": "golden", "desert": "golden", "savanna": "golden", "space": "night"}

PHRASE_MAX: Final = 4
