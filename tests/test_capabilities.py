"""What engines can do, and how one is found."""

from __future__ import annotations

import subprocess
import sys

import pytest

from flashreel.engines.capabilities import Capabilities, capabilities, source_type
from flashreel.engines.registry import load_engine
from flashreel.errors import InvalidRequest, SetupError
from tests.support.engines import Script
from tests.support.store import a_spec

IMAGE = "https://example.com/a.png"


@pytest.mark.parametrize(
    ("able", "asked", "field"),
    [
        (Capabilities(start_image=False), {"start_image": IMAGE}, "start_image_url"),
        (Capabilities(end_image=False), {"end_image": IMAGE}, "end_image_url"),
        (Capabilities(loop=False), {"loop": True}, "loop"),
        (Capabilities(durations=frozenset({9})), {"duration": 5}, "duration"),
    ],
)
def test_what_an_engine_cannot_do_is_refused_by_its_field(
    able: Capabilities, asked: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidRequest, match=rf"^{field} .*'mine'") as caught:
        able.check(a_spec(**asked), "mine")
    assert caught.value.details["field"] == field
    able.check(a_spec(duration=9), "mine")
    Capabilities().check(a_spec(**asked), "mine")


def test_an_operators_own_engine_is_asked_for_nothing_and_loaded_by_name() -> None:
    assert capabilities("anything:Engine") == Capabilities()
    assert isinstance(load_engine("tests.support.engines:Script", threads=3), Script)


@pytest.mark.parametrize(
    "name",
    [
        "magic",
        "no.such.module:Engine",
        "tests.support.engines:Nobody",
        ":Engine",
        ".relative:Engine",
        "tests.support.engines:",
    ],
)
def test_an_engine_that_is_none_is_named(name: str) -> None:
    with pytest.raises(SetupError, match=r"engine .*'"):
        load_engine(name, threads=1)


def test_the_built_in_engine_was_trained_on_nothing_and_an_unknown_one_counts_as_trained() -> None:
    assert source_type("animatic", object()) == "algorithmicMedia"
    assert source_type("tests.support.engines:Script", Script(1)) == "trainedAlgorithmicMedia"
    assert Capabilities().source_type == "trainedAlgorithmicMedia"


def test_an_engine_of_ones_own_can_say_what_it_is() -> None:
    class Own(Script):
        source_type = "algorithmicMedia"

    class Odd(Script):
        source_type = "handmade"

    assert source_type("mine:Own", Own(1)) == "algorithmicMedia"
    with pytest.raises(SetupError, match="'mine:Odd' gives its source_type as 'handmade'; it must be trainedAlg"):
        source_type("mine:Odd", Odd(1))


def test_knowing_what_engines_can_do_loads_none() -> None:
    code = "import sys, flashreel.api.app, flashreel.supervisor; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "numba", "av", "cv2", "PIL", "flashreel.worker"} & set(loaded)
    assert not [name for name in loaded if name.startswith("flashreel.engines.animatic")]
