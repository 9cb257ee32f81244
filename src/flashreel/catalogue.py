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

#: Names of the built-in model in other dialects, so that their own samples find it.
_ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "luma": ("ray-flash-2", "ray-2"),
        "openai": ("sora-2", "sora-2-pro"),
        "replicate": ("luma/ray-flash-2-720p",),
    }
)

#: Dialects that know a model by other names than its own.
DIALECTS = tuple(_ALIASES)

#: First parts of paths that belong to a dialect: a model of such a name could never be reached.
RESERVED_NAMES = frozenset(
    {"requests", "get-user-credits", "upload-asset", "webhook", "models", "videos", "predictions", "account", "files"}
    | {"webhooks", "generations", "chat", "images", "audio", "responses"}
    | {"trainings", "deployments", "collections", "hardware"}
    | {"inference-request", "inference-model-information", "finetune", "workflows"}
)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Model(BaseModel):
    """One public model.

    `ratios` maps the ratio's name to (width, height) in pixels. `resolutions` maps names to a scale of both sides,
    where a caller may choose one; the others get scale 1. The price, in credits, is that of scale 1 and goes by area
    (as Luma's does: so much for a megapixel). `aliases` are other names of the model, by dialect.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    engine: str | None = None  # None: the server's default engine
    price_per_second: float = Field(default=0.075, ge=0, le=1000)
    durations: tuple[int, ...] = (5, 9)
    default_duration: int = 5
    ratios: Mapping[str, tuple[int, int]] = Field(default_factory=lambda: dict(SIZES_720P))
    default_ratio: str = "16:9"
    resolutions: Mapping[str, float] = Field(default_factory=lambda: {"540p": 0.75, "720p": 1.0, "1080p": 1.5})
    aliases: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)

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

    @field_validator("resolutions")
    @classmethod
    def _scales_are_sensible(cls, resolutions: Mapping[str, float]) -> Mapping[str, float]:
        for name, scale in resolutions.items():
            if not 0.1 <= scale <= 10:
                raise ValueError(f"{name} is {scale:g}; a scale is from 0.1 to 10")
        return resolutions

    @field_validator("aliases")
    @classmethod
    def _dialects_exist(cls, aliases: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        for dialect in aliases:
            if dialect not in DIALECTS:
                raise ValueError(f"{dialect} is no dialect; dialects are {', '.join(DIALECTS)}")
        return aliases

    def names(self, dialect: str) -> tuple[str, ...]:
        """What the model is called in this dialect, by its own name last."""
        return (*self.aliases.get(dialect, ()), self.name)

    def size(self, ratio: str, scale: float = 1.0) -> tuple[int, int]:
        """Width and height in pixels, even."""
        width, height = (2 * round(side * scale / 2) for side in self.ratios[ratio])
        return width, height

    def price(self, duration: int, scale: float = 1.0) -> int:
        """The price of `duration` seconds, in micro-credits."""
        return round(self.price_per_second * scale**2 * MICRO) * duration


class Catalogue:
    """The models by name."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = dict(models)
        self._named = {
            dialect: {name: model for model in models.values() for name in model.names(dialect)}
            for dialect in ("segmind", *DIALECTS)
        }

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models.values())

    def __getitem__(self, name: str) -> Model:
        return self.find(name, "segmind")

    def find(self, name: str, dialect: str) -> Model:
        """The model of this name, or of this alias in `dialect`. Raises NotFound, which names those there are."""
        named = self._named[dialect]
        try:
            return named[name]
        except KeyError:
            known = ", ".join(sorted(named))
            raise NotFound(f"there is no model {name!r} here; models are: {known}") from None

    @classmethod
    def build(cls, tables: Mapping[str, Mapping[str, object]]) -> Catalogue:
        """The built-in model plus the operator's tables; a table named like the built-in one replaces its values."""
        merged: dict[str, dict[str, object]] = {"ray-flash-2-720p": {"aliases": dict(_ALIASES)}}
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
        for dialect in DIALECTS:
            owners: dict[str, str] = {}
            for model in models.values():
                for alias in model.aliases.get(dialect, ()):
                    if (owner := owners.setdefault(alias, model.name)) != model.name or alias in models:
                        other = alias if alias in models else owner
                        raise SetupError(f"models.{model.name}.aliases.{dialect}: {alias!r} is the model {other!r}")
        return cls(models)
