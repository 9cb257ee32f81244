"""The vocabulary of things and what they do: adjectives, numbers, verbs, clothes, and nouns the lexicon gets wrong.

Words of place, time, weather and camera are in `scene_words`. A new word is one entry in one of these tables.
"""

from __future__ import annotations

from typing import Final

from flashreel.engines.animatic.tables import aliases, word_set

COLORS: Final[dict[str, str]] = {
    "red": "#d8232a",
    "scarlet": "#e0301e",
    "crimson": "#b3122f",
    "maroon": "#7a1f2b",
    "orange": "#f07f1f",
    "amber": "#f5a623",
    "yellow": "#f6c92f",
    "golden": "#e0aa3e",
    "gold": "#e0aa3e",
    "blonde": "#e8cd8a",
    "green": "#3f9b45",
    "emerald": "#1f9d63",
    "lime": "#9ccc3a",
    "olive": "#7c8440",
    "teal": "#1f8a8a",
    "turquoise": "#2bb8b3",
    "cyan": "#28b8d8",
    "blue": "#2f6fd0",
    "navy": "#22346e",
    "azure": "#3f93e0",
    "indigo": "#4340a0",
    "purple": "#7b3fa8",
    "violet": "#8a5cc8",
    "lavender": "#b7a2e0",
    "magenta": "#c8309a",
    "pink": "#f08cb4",
    "rose": "#e0607f",
    "brown": "#7a4e2d",
    "tan": "#cda878",
    "beige": "#e3d2b0",
    "cream": "#f4ead2",
    "ivory": "#f6f1e0",
    "white": "#f4f4f2",
    "black": "#26262b",
    "gray": "#8b8f98",
    "grey": "#8b8f98",
    "silver": "#c4c9d2",
    "bronze": "#a9743c",
    "copper": "#b5683c",
}

SIZES: Final = aliases(
    {
        "tiny": "tiny, miniature",
        "small": "small, little, mini",
        "big": "big, large",
        "huge": "huge, giant, gigantic, massive, enormous, colossal",
        "tall": "tall",
    }
)

AGES: Final = aliases(
    {
        "baby": "baby",
        "toddler": "toddler",
        "young": "young",
        "teen": "teenage, teen",
        "adult": "adult",
        "old": "old, elderly, ancient, aged",
    }
)

NUMBERS: Final[dict[str, int]] = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "pair": 2,
    "couple": 2,
    "three": 3,
    "few": 3,
    "four": 4,
    "several": 4,
    "some": 4,
    "family": 4,
    "five": 5,
    "group": 5,
    "pack": 5,
    "team": 5,
    "six": 6,
    "herd": 6,
    "seven": 7,
    "many": 7,
    "dozens": 12,
    "eight": 8,
    "flock": 8,
    "crowd": 8,
    "school": 9,
    "swarm": 12,
}
#: More of one thing than this are not counted.
COUNT_MAX: Final = 12
#: Collectives that mean people when no `of` follows: "a couple dancing".
PEOPLE_COLLECTIVES: Final = frozenset({"couple", "crowd", "family", "group", "team"})

#: What somebody does, by the base form of the verb.
ACTIONS: Final = aliases(
    {
        "bloom": "bloom",
        "burn": "burn",
        "climb": "climb",
        "crash": "crash",
        "dance": "dance, twirl",
        "dive": "dive",
        "drive": "drive",
        "eat": "eat, graze",
        "erupt": "erupt",
        "explode": "explode",
        "fall": "fall",
        "fight": "fight",
        "float": "float, drift",
        "fly": "fly, soar, flutter",
        "glide": "glide",
        "glow": "glow",
        "hold": "hold, carry",
        "hover": "hover",
        "howl": "howl",
        "jump": "jump, leap, hop, bounce",
        "land": "land",
        "launch": "launch, take, lift, blast",
        "play": "play",
        "ride": "ride, cycle, pedal, bike",
        "run": "run, sprint, race, gallop, dash, chase, jog",
        "sail": "sail, row",
        "sit": "sit, rest, meditate, read",
        "skate": "skate",
        "ski": "ski",
        "sleep": "sleep, lie",
        "spin": "spin, rotate",
        "stand": "stand, wait, look, watch, gaze, stare, sing, cook, perch",
        "steam": "steam",
        "surf": "surf",
        "sway": "sway, blow",
        "swim": "swim",
        "travel": "travel, move, roll, cross, cruise",
        "trot": "trot",
        "walk": "walk, stroll, hike, march, wander, prowl, explore, crawl",
        "wave": "wave",
    }
)
#: Verbs that are a launch only together with "off".
LAUNCHES_WITH_OFF: Final = frozenset({"take", "lift", "blast"})
#: Verbs whose action stands in for them without showing what they mean: a cook merely stands.
STAND_INS: Final = frozenset({"cook", "crawl", "read", "sing"})

#: Base forms that no rule of endings finds.
IRREGULAR_VERBS: Final[dict[str, str]] = {
    "rode": "ride",
    "ridden": "ride",
    "ran": "run",
    "flew": "fly",
    "flown": "fly",
    "swam": "swim",
    "drove": "drive",
    "driven": "drive",
    "sat": "sit",
    "stood": "stand",
    "lying": "lie",
    "held": "hold",
    "ate": "eat",
    "slept": "sleep",
    "blew": "blow",
    "took": "take",
    "fell": "fall",
}

#: Colour words that are things when no noun follows them: "an orange on a plate".
COLOR_NOUNS: Final = frozenset({"orange", "rose"})

#: After one of these verbs the next thing is what the subject uses.
TAKES_PROP: Final = frozenset({"ride", "drive", "sail", "hold", "play", "fly", "surf", "skate", "ski", "eat"})

#: Clothing words and the concept they stand for; how a piece is drawn depends on the word itself.
CLOTHES: Final = aliases(
    {
        "emoji:dress": "dress, gown, skirt",
        "emoji:t-shirt": "shirt, t-shirt, sweater, hoodie, uniform",
        "emoji:coat": "jacket, coat, raincoat, suit, spacesuit",
        "emoji:jeans": "jeans, pants, trousers",
        "emoji:shorts": "shorts",
        "emoji:billed-cap": "cap, hat, beanie",
        "emoji:rescue-workers-helmet": "helmet",
        "emoji:backpack": "backpack",
        "emoji:scarf": "scarf, cape, cloak",
        "emoji:sunglasses": "sunglasses",
        "emoji:glasses": "glasses",
        "emoji:hiking-boot": "boots",
    }
)

PEOPLE: Final = word_set(
    "person boy girl man woman baby child elder soldier astronaut knight king queen wizard dancer chef farmer sailor "
    "athlete"
)

IRREGULAR_PLURALS: Final[dict[str, str]] = {
    "children": "child",
    "kids": "child",
    "men": "man",
    "women": "woman",
    "people": "person",
    "wolves": "wolf",
    "geese": "goose",
    "mice": "mouse",
    "feet": "foot",
    "teeth": "tooth",
    "leaves": "leaf",
    "knives": "knife",
    "lives": "life",
    "foxes": "fox",
    "oxen": "ox",
    "butterflies": "butterfly",
    "puppies": "puppy",
}

#: Nouns and compounds whose concept the lexicon lacks or gets wrong; tried before it. The last row, with an empty
#: concept, is of things that can not be drawn and must not be taken for one of their parts.
NOUNS: Final = aliases(
    {
        "airplane": "plane, aeroplane",
        "astronaut": "spaceman",
        "balloon": "hot air balloon",
        "bear": "cub",
        "bicycle": "bike, mountain bike",
        "boat": "canoe",
        "bus": "city bus",
        "car": "race car, racing car",
        "cat": "kitten, kitty",
        "child": "kid",
        "cow": "steer",
        "deer": "moose, reindeer",
        "dog": "doggo, pup, puppy, poodle, corgi",
        "elder": "granny, grandma, grandpa, grandmother, grandfather",
        "fish": "clownfish, goldfish, koi, clown fish, tuna",
        "helicopter": "drone",
        "horse": "pony, foal",
        "lion": "mountain lion",
        "man": "guy, gentleman",
        "rabbit": "bunny",
        "rocket": "space shuttle, spaceship, shuttle, space ship",
        "sailboat": "yacht",
        "snowman": "snow man",
        "train": "steam train",
        "truck": "lorry",
        "ufo": "flying saucer",
        "woman": "lady",
        "emoji:beer-mug": "beer",
        "emoji:bottle-with-popping-cork": "champagne",
        "emoji:cocktail-glass": "cocktail",
        "emoji:cooked-rice": "rice",
        "emoji:cut-of-meat": "beef, meat",
        "emoji:evergreen-tree": "christmas tree",
        "emoji:glass-of-milk": "milk",
        "emoji:hot-beverage": "coffee, cup of coffee",
        "emoji:ice-cream": "ice cream",
        "emoji:kick-scooter": "scooter",
        "emoji:polar-bear": "polar bear",
        "emoji:postbox": "mail box",
        "emoji:red-apple": "apple",
        "emoji:red-paper-lantern": "lantern",
        "emoji:running-shoe": "shoe",
        "emoji:sheaf-of-rice": "wheat",
        "emoji:soccer-ball": "ball, beach ball",
        "emoji:tangerine": "orange",
        "emoji:teacup-without-handle": "tea, cup of tea",
        "emoji:teddy-bear": "teddy bear",
        "emoji:wine-glass": "wine",
        "": "baseball bat, cricket bat, fire hydrant, ice hockey, ice skating, parking lot, parking meter, "
        "phone booth, rock climbing, rocking chair, sand castle, sea lion, sleeping bag, street lamp, street light, "
        "swimming pool, table tennis, traffic light, washing machine",
    }
)

#: Words for which the lexicon has only a far-fetched noun (WordNet: a "modern" is a person). They name nothing.
NOT_NOUNS: Final = word_set(
    """
    academic african alternate american anglican anti antique asian associate bar barbequing begin belligerent
    beloved bitter bob bookish bore born botanical box brave broad budge bypass cabinet calculus cheat chess
    chopping christian civilian clamp closer colonial comic common conservative consumptive contemporary cope crazy
    creep cuban cubist deceased deep delegate dependent desperate deviate divide domestic don down draw dry
    electric entire equal erotic ethnic european extra familiar federal fire flibbertigibbet flicker flow formal
    forth forward foster frail frank galaxy gay gentile glad gogh grapple grass great grind grunt haggard hatch
    have heavy hegelian hire hokusai holler hook hopeful hunt illiterate immortal independent indian inferior
    infernal initiate innocent intimate irregular italian japanese jerk keep lao launch locker longer lovely lower
    major mandatory married mere metallic metropolitan minor miss moderate modern monastic monitor more moroccan
    mount multiply mute nag national natural neurotic neutral nice noble older or ordinary orient peel peer permit
    phony pick pierce poke pop popping posterior primary primitive prior private pro probable professional
    provincial pseudo purl queer radioactive rape regular religious reserve resort revere revolutionary rip rival
    roast sacred same savage schizophrenic segregate sensitive sharp shed shrink silly simple smack smoothie
    smother sneak sour spare spread steady stout straight stud stupid sue super superior suspect sweet swift tai
    teach technical tell temporary therapeutic tough trundle turtleneck underground unfortunate upper utopian van
    victorian wade watch waver western worthy wrap
    """
)

#: Endings of one-word compounds that say what the thing is: a "swordfish" is a fish.
COMPOUND_TAILS: Final = ("fish", "bird", "boat", "dog", "horse", "truck", "tree", "flower", "bike", "plane")

PREPOSITIONS: Final = word_set(
    "in on at through over under across along around near by inside into above below beneath beside between toward "
    "towards past against behind down up"
)

NEGATIONS: Final = frozenset({"no", "without"})

#: Words that carry grammar, or praise and file talk that every prompt guide recommends. They are never "unknown".
STOP_WORDS: Final = word_set(
    """
    a an the of and or but with while is are was were be been being am do does doing done has have had having can could
    will would shall should may might must his her hers him its it he she they them their theirs we us our you your i my
    me from to as so that these those this for very which who whom whose what when where then there than too also just
    only not off out if because until during before after about within upon onto each every all both any other another
    such own same more most much less least again
    shot camera view scene video clip film movie footage picture image photo photograph render style quality resolution
    cinematic realistic photorealistic beautiful stunning gorgeous amazing highly detailed detail details high ultra 4k
    8k hd uhd 1080p 720p fps please show shows showing generate create make colored coloured
    """
)
