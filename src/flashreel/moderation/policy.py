"""The words of moderation: categories, what a checker finds, what is done about it. Known to the settings, so free of
everything heavy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, get_args

Category = Literal[
    "sexual", "minors", "violence", "hate", "self_harm", "public_figures", "illegal", "copyrighted_characters"
]
Action = Literal["block", "flag", "allow"]

CATEGORIES: Final[tuple[Category, ...]] = get_args(Category)
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)

#: How a category is named to a caller.
TITLES: Final[Mapping[Category, str]] = MappingProxyType(
    {
        "sexual": "sexual content",
        "minors": "content that endangers minors",
        "violence": "violence",
        "hate": "hate",
        "self_harm": "self-harm",
        "public_figures": "public figures",
        "illegal": "illegal acts",
        "copyrighted_characters": "copyrighted characters",
    }
)

DEFAULTS: Final[Mapping[Category, Action]] = MappingProxyType(
    {
        "sexual": "block",
        "minors": "block",
        "violence": "block",
        "hate": "block",
        "self_harm": "block",
        "public_figures": "flag",
        "illegal": "block",
        "copyrighted_characters": "flag",
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One category that a checker saw. `mild` is what many operators would let pass with a note: a sensual pose, a
    shooting without gore."""

    category: Category
    mild: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy makes of findings: the category that ends the job, or None, and those that are only said."""

    blocked: Category | None
    flagged: tuple[Category, ...]


class Policy:
    """What is done about each category.

    `block` blocks findings and flags mild ones, `flag` flags both, `allow` passes both over. Sexual content with
    minors is blocked whatever the policy says; there `flag` and `allow` hold for the mild findings only.
    """

    def __init__(self, changes: Mapping[str, str] | None = None) -> None:
        """The defaults with `changes`. Raises ValueError naming a category or action that is none."""
        self.actions: Mapping[Category, Action] = MappingProxyType({**DEFAULTS, **checked_changes(changes or {})})

    def judge(self, findings: Iterable[Finding]) -> Verdict:
        """The verdict; of several blocked categories it names the gravest: minors, else the first in CATEGORIES."""
        blocked: set[Category] = set()
        flagged: set[Category] = set()
        for finding in findings:
            action = self.actions[finding.category]
            if (finding.category == "minors" or action == "block") and not finding.mild:
                blocked.add(finding.category)
            elif action != "allow":
                flagged.add(finding.category)
        if "minors" in blocked:
            return Verdict("minors", ())
        named = [category for category in CATEGORIES if category in blocked]
        return Verdict(named[0] if named else None, tuple(category for category in CATEGORIES if category in flagged))


def checked_changes(changes: Mapping[str, str]) -> dict[Category, Action]:
    """`changes` with the names as CATEGORIES has them: "Self-harm" is self_harm."""
    checked: dict[Category, Action] = {}
    for name, action in changes.items():
        category = name.strip().lower().replace("-", "_").replace(" ", "_")
        if category not in CATEGORIES:
            raise ValueError(f"{name!r} is not a category; categories are {', '.join(CATEGORIES)}")
        if action not in ACTIONS:
            raise ValueError(f"{name} is {action!r}; allowed are {', '.join(ACTIONS)}")
        checked[category] = action
    return checked


def parse_changes(text: str) -> dict[str, str]:
    """ "sexual=block,violence=allow" as a mapping. Raises ValueError for a part without "="."""
    changes = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, sign, action = part.partition("=")
        if not sign:
            raise ValueError(f"{part!r} must be like violence=allow")
        changes[name.strip()] = action.strip()
    return changes


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator set: `changes` to the default policy, an own `checker` ("module:Class") and an endpoint (`url`
    and what goes with it, `seconds` a call), each "" for none; `frames` of a finished video are looked at."""

    changes: Mapping[str, str] = field(default_factory=dict)
    fail_open: bool = False
    checker: str = ""
    url: str = ""
    key: str = field(default="", repr=False)
    model: str = ""
    seconds: float = 10.0
    images: bool = True
    frames: int = 0
