"""The models on offer: parameters, sizes and prices. Data, not code: the built-in one plus `[models.<name>]` tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from flashreel.errors import NotFound, SetupError

MICRO = 1_000_000  # micro-credits in a credit

#: DESIGN.md section 5: width and height in pixels.
SIZES_720P: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "1:1": (1024, 1024),
        "3:4": (864, 1152),
        "4:3": (1152, 864),
        "9:16": (720, 1280),
        "16:9": (1280, 720),
        "9:21": (656, 1552),
        "21:9": (1552, 656),
    }
)

#: First parts of paths that belong to a dialect: a model of such a name could never be reached.
RESERVED_NAMES = frozenset(
    {"requests", "get-user-credits", "upload-asset", "webhook", "models", "videos", "predictions", "account", "files"}
    | {"webhooks", "generations", "chat", "images", "audio", "responses"}
)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Model(BaseModel):
    """One public model. `ratios` maps the ratio's name to (width, height) in pixels; the price is in credits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    engine: str | None = None  # None: the server's default engine
    price_per_second: float = Field(default=0.075, ge=0, le=1000)
    durations: tuple[int, ...] = (5, 9)
    default_duration: int = 5
    ratios: Mapping[str, tuple[int, int]] = Field(default_factory=lambda: dict(SIZES_720P))
    default_ratio: str = "16:9"

    @field_validator("name")
    @classmethod
    def _name_is_free(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("must be 1 to 64 of a-z, 0-9, '.', '_', '-', beginning with a letter or digit")
        if name in RESERVED_NAMES:
            raise ValueError("is the name of a path of the API")
        return name

    @field_validator("durations")
    @classmethod
    def _durations_are_seconds(cls, durations: tuple[int, ...]) -> tuple[int, ...]:
        if not durations or min(durations) < 1 or max(durations) > 3600:
            raise ValueError("must be one or more whole seconds from 1 to 3600")
        return durations

    @field_validator("ratios")
    @classmethod
    def _sizes_are_even(cls, ratios: Mapping[str, tuple[int, int]]) -> Mapping[str, tuple[int, int]]:
        for ratio, (width, height) in ratios.items():
            if width < 16 or height < 16 or width % 2 or height % 2:
                raise ValueError(f"{ratio} is {width}x{height}; both sides must be even and at least 16")
        return ratios

    def price(self, duration: int) -> int:
        """The price of `duration` seconds, in micro-credits."""
        return round(self.price_per_second * MICRO) * duration


class Catalogue:
    """The models by name."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = dict(models)

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models.values())

    def __getitem__(self, name: str) -> Model:
        try:
            return self._models[name]
        except KeyError:
            known = ", ".join(sorted(self._models))
            raise NotFound(f"there is no model {name!r} here; models are: {known}") from None

    @classmethod
    def build(cls, tables: Mapping[str, Mapping[str, object]]) -> Catalogue:
        """The built-in model plus the operator's tables; a table named like the built-in one replaces its values."""
        merged: dict[str, dict[str, object]] = {"ray-flash-2-720p": {}}
        for name, table in tables.items():
            merged.setdefault(name, {}).update(table)
        models = {}
        for name, table in merged.items():
            try:
                if "name" in table:
                    raise SetupError(f"models.{name}.name: is not a field; the table's own name is the model's")
                model = Model.model_validate({"name": name, **table})
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in ("models", name, *first["loc"]))
                reason = first["msg"].removeprefix("Value error, ")
                if first["type"] == "extra_forbidden":
                    fields = ", ".join(field for field in Model.model_fields if field != "name")
                    reason = f"is not a field; fields are {fields}"
                raise SetupError(f"{where}: {reason}") from error
            if model.default_duration not in model.durations or model.default_ratio not in model.ratios:
                raise SetupError(f"models.{name}: the default duration and ratio must be among those it allows")
            models[name] = model
        return cls(models)
