"""Measures the built-in text check on tests/moderation/prompts.tsv: the tables of docs/moderation.md.

python -m tools.moderation              # the tables
python -m tools.moderation --wrong      # the prompts of the tuned part that come out wrong
python -m tools.moderation FILE ...     # how many lines of other files are found, by category
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast, get_args

from flashreel.moderation.policy import CATEGORIES, Category
from flashreel.moderation.text import TextChecker

PROMPTS: Final = Path(__file__).parents[1] / "tests" / "moderation" / "prompts.tsv"
Part = Literal["tuned", "held"]


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled prompt. `expected` is None for an innocent one; `mild`: it is to be flagged, not blocked."""

    part: Part
    expected: Category | None
    mild: bool
    prompt: str


@dataclass(slots=True)
class Score:
    """Counts of prompts: found and right, found and wrong, missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def cases() -> Iterator[Case]:
    """The labelled prompts. A backslash and u in the file stands for a character that cannot be seen."""
    for line in PROMPTS.read_text(encoding="utf-8").splitlines():
        part, label, text = line.split("\t")
        expected = None if label == "ok" else cast(Category, label.removesuffix("~"))
        prompt = json.loads('"' + text.replace('"', '\\"') + '"')
        yield Case(cast(Part, part), expected, label.endswith("~"), prompt)


def found(checker: TextChecker, prompt: str) -> dict[Category, bool]:
    """The categories found, and whether only mildly."""
    seen: dict[Category, bool] = {}
    for finding in checker.check_text(prompt):
        seen[finding.category] = seen.get(finding.category, True) and finding.mild
    return seen


def score(which: Iterable[Case]) -> dict[Category | Literal["any"], Score]:
    """Each category's score, and of "any" the decision that matters: innocent or not."""
    checker = TextChecker()
    names: tuple[Category | Literal["any"], ...] = (*CATEGORIES, "any")
    scores = {name: Score() for name in names}
    for case in which:
        seen = found(checker, case.prompt)
        for category in CATEGORIES:
            if category == case.expected:
                scores[category].right += category in seen
                scores[category].missed += category not in seen
            elif category in seen and case.expected is None:
                scores[category].wrong += 1
        if case.expected is None:
            scores["any"].wrong += bool(seen)
        else:
            scores["any"].right += case.expected in seen
            scores["any"].missed += case.expected not in seen
    return scores


def table(part: Part) -> str:
    which = [case for case in cases() if case.part == part]
    lines = ["| category | prompts | precision | recall |", "|---|---:|---:|---:|"]
    for name, it in score(which).items():
        prompts = it.right + it.missed
        lines.append(f"| {name} | {prompts} | {it.precision:.3f} | {it.recall:.3f} |")
    innocent = sum(case.expected is None for case in which)
    return "\n".join([*lines, "", f"{len(which)} prompts, {innocent} of them innocent."])


def wrong(part: Part) -> Iterator[str]:
    checker = TextChecker()
    for case in cases():
        if case.part == part:
            seen = found(checker, case.prompt)
            if seen if case.expected is None else case.expected not in seen or seen[case.expected] != case.mild:
                yield f"{case.expected}{'~' * case.mild}: {seen} {case.prompt!r}"


def main() -> None:
    if sys.argv[1:] == ["--wrong"]:
        print(*wrong("tuned"), sep="\n")
    elif sys.argv[1:]:
        checker = TextChecker()
        for name in sys.argv[1:]:
            lines = [line for line in Path(name).read_text(encoding="utf-8").splitlines() if line.strip()]
            counts = Counter(category for line in lines for category in found(checker, line))
            hits = sum(bool(found(checker, line)) for line in lines)
            print(f"{name}: {hits} of {len(lines)} found; {dict(counts)}")
    else:
        for part in get_args(Part):
            print(f"{part}\n\n{table(part)}\n")


if __name__ == "__main__":
    main()
