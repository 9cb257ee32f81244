"""Policies: what is done about what was found."""

from __future__ import annotations

import pytest

from flashreel.errors import SetupError
from flashreel.moderation.policy import CATEGORIES, DEFAULTS, TITLES, Category, Finding, Policy, Verdict
from flashreel.settings import load_settings


def test_every_category_has_a_default_and_a_title() -> None:
    assert set(CATEGORIES) == set(DEFAULTS) == set(TITLES)


@pytest.mark.parametrize("category", CATEGORIES)
def test_each_action(category: Category) -> None:
    full, mild = Finding(category), Finding(category, mild=True)
    block, flag, allow = (Policy({category: action}) for action in ("block", "flag", "allow"))
    assert block.judge([full]) == Verdict(category, ())
    assert block.judge([mild]) == flag.judge([mild]) == Verdict(None, (category,))
    assert allow.judge([mild]) == Verdict(None, ())
    for policy in (flag, allow):
        if category == "minors":  # whatever the policy says
            assert policy.judge([full]) == Verdict("minors", ())
        else:
            assert policy.judge([full, mild]) == (Verdict(None, (category,)) if policy is flag else Verdict(None, ()))


def test_of_several_blocked_the_gravest_is_named() -> None:
    assert Policy().judge([Finding("sexual"), Finding("minors")]).blocked == "minors"
    assert Policy().judge([Finding("illegal"), Finding("violence")]).blocked == "violence"
    found = Policy().judge([Finding("public_figures"), Finding("illegal"), Finding("copyrighted_characters")])
    assert found == Verdict("illegal", ("public_figures", "copyrighted_characters"))


@pytest.mark.parametrize("given", ["violence=allow, Self-Harm = flag", {"violence": "allow", "self harm": "flag"}])
def test_a_policy_is_text_or_a_table(given: object) -> None:
    settings = load_settings(flags={"moderation_policy": given})
    assert settings.moderation_policy == {"violence": "allow", "self_harm": "flag"}
    actions = Policy(settings.moderation_rules.changes).actions
    assert (actions["violence"], actions["self_harm"], actions["sexual"]) == ("allow", "flag", "block")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "moderation_policy",
            "war=allow",
            "moderation_policy is 'war=allow': 'war' is not a category; categories are sexual",
        ),
        ("moderation_policy", "hate=maybe", "moderation_policy is .*: hate is 'maybe'; allowed are block, flag, allow"),
        ("moderation_policy", "hate", "moderation_policy is 'hate': 'hate' must be like violence=allow"),
        ("moderation_fail", "ajar", "moderation_fail is 'ajar': .*'closed' or 'open'"),
        ("moderation_url", "ftp://a", "moderation_url is 'ftp://a': must be like https://"),
        ("moderation_url", "https://u:p@a/", "moderation_url is .*: must be like https://"),
        ("moderation_checker", "checker", "moderation_checker is 'checker': must be like my.package:Checker"),
        ("moderation_frames", "65", "moderation_frames is '65': .*64"),
    ],
)
def test_wrong_settings_are_named(name: str, value: str, sentence: str) -> None:
    with pytest.raises(SetupError, match=f"^{sentence}"):
        load_settings(flags={name: value})


def test_the_key_is_in_no_text() -> None:
    settings = load_settings(flags={"moderation_key": "sk-hidden"})
    assert "sk-hidden" not in f"{settings} {settings!r} {settings.moderation_rules!r}"
    assert settings.moderation_rules.key == "sk-hidden"
    with pytest.raises(SetupError, match=r"^moderation_key must be ASCII") as refused:
        load_settings(flags={"moderation_key": "sk-hidden\n"})
    assert "sk-hidden" not in str(refused.value)
