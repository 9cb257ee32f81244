"""The catalogue: the page's model as it is, an operator's own, and tables that are wrong."""

from __future__ import annotations

import pytest

from flashreel.catalogue import RESERVED_NAMES, SIZES_720P, Catalogue
from flashreel.errors import NotFound, SetupError


def test_the_built_in_model_is_the_pages() -> None:
    model = Catalogue.build({})["ray-flash-2-720p"]
    assert (model.durations, model.default_duration, model.default_ratio, model.engine) == ((5, 9), 5, "16:9", None)
    assert dict(model.ratios) == dict(SIZES_720P)
    assert set(SIZES_720P) == {"1:1", "3:4", "4:3", "9:16", "16:9", "9:21", "21:9"}
    assert (model.price(5), model.price(9)) == (375_000, 675_000)


def test_the_sizes_are_those_of_the_design_and_turn_with_their_ratio() -> None:
    assert SIZES_720P["16:9"] == (1280, 720)
    assert SIZES_720P["21:9"] == (1552, 656)
    for ratio, (width, height) in SIZES_720P.items():
        across, down = ratio.split(":")
        assert SIZES_720P[f"{down}:{across}"] == (height, width)
        assert width % 2 == height % 2 == 0


def test_an_operators_table_adds_a_model_or_replaces_values_of_the_built_in_one() -> None:
    catalogue = Catalogue.build({"ray-flash-2-720p": {"price_per_second": 0.1}, "mine": {"durations": [5, 10]}})
    assert [model.name for model in catalogue] == ["ray-flash-2-720p", "mine"]
    assert catalogue["ray-flash-2-720p"].price(5) == 500_000
    assert catalogue["ray-flash-2-720p"].durations == (5, 9)
    assert catalogue["mine"].durations == (5, 10)


@pytest.mark.parametrize(("credits", "price"), [(0, 0), (0.000001, 5), (0.1, 500_000), (1000, 5_000_000_000)])
def test_prices_are_whole_micro_credits(credits: float, price: int) -> None:
    assert Catalogue.build({"mine": {"price_per_second": credits}})["mine"].price(5) == price


def test_an_unknown_model_is_told_the_known_ones() -> None:
    with pytest.raises(NotFound, match=r"^there is no model 'x' here; models are: a, ray-flash-2-720p$"):
        Catalogue.build({"a": {}})["x"]


@pytest.mark.parametrize("name", sorted(RESERVED_NAMES))
def test_a_model_cannot_have_the_name_of_a_path(name: str) -> None:
    with pytest.raises(SetupError, match=f"^models.{name}.name: is the name of a path of the API"):
        Catalogue.build({name: {}})


@pytest.mark.parametrize("name", ["", "A", "a b", "a/b", "-a", ".", "a" * 65, "a\n", "é"])
def test_a_models_name_is_plain(name: str) -> None:
    with pytest.raises(SetupError, match="must be 1 to 64 of"):
        Catalogue.build({name: {}})


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"colour": "red"}, "models.m.colour: is not a field; fields are engine, price_per_second"),
        ({"name": "other"}, "models.m.name: is not a field"),
        ({"price_per_second": -1}, "models.m.price_per_second: .*0"),
        ({"price_per_second": float("nan")}, "models.m.price_per_second: "),
        ({"durations": []}, "models.m.durations: must be one or more whole seconds from 1 to 3600"),
        ({"durations": [0, 5]}, "models.m.durations: must be one or more whole seconds from 1 to 3600"),
        ({"durations": [5.5]}, "models.m.durations.0: .*integer"),
        ({"durations": [6]}, "models.m: the default duration and ratio must be among those it allows"),
        ({"default_ratio": "2:1"}, "models.m: the default duration and ratio"),
        ({"ratios": {}}, "models.m: the default duration and ratio"),
        ({"ratios": {"16:9": [161, 90]}}, "models.m.ratios: 16:9 is 161x90; both sides must be even"),
        ({"ratios": {"16:9": [160]}}, "models.m.ratios.16:9"),
    ],
)
def test_a_wrong_table_is_named_with_the_field_and_the_rule(table: dict[str, object], sentence: str) -> None:
    with pytest.raises(SetupError, match=f"^{sentence}"):
        Catalogue.build({"m": table})
