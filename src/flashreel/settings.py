"""One settings object, read once. In rising order: environment (`FLASHREEL_...`), a TOML file, flags."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import BeforeValidator, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from flashreel.catalogue import Catalogue
from flashreel.engines.capabilities import capabilities
from flashreel.errors import SetupError
from flashreel.media.urls import FetchPolicy
from flashreel.media.urls import networks as ranges


def default_data_folder() -> Path:
    return Path(platformdirs.user_data_dir("flashreel", appauthor=False))


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


#: A list of words; "a,b" where it comes as one string (environment, flag).
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """Everything an operator can set. Each field is a flag of `flashreel serve`, a key of the TOML file and, as
    `FLASHREEL_<NAME>`, a variable of the environment."""

    model_config = SettingsConfigDict(env_prefix="FLASHREEL_", extra="forbid", frozen=True, allow_inf_nan=False)

    data: Path = Field(
        default_factory=default_data_folder, description="Folder of the store, the assets and the caches."
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    public_url: str | None = Field(default=None, description="Base of the URLs in answers, behind a proxy.")
    trusted_proxies: Words = Field(default=(), description="Addresses or networks whose X-Forwarded-* is believed.")
    engine: str = Field(default="animatic", description="Engine of every model that names none.")
    workers: int = Field(default=1, ge=0, le=256, description="Worker processes to start; 0 for an API alone.")
    threads: int = Field(default=0, ge=0, le=1024, description="Threads of a worker; 0 shares the cores out.")
    grace: float = Field(default=25.0, ge=0, le=3600, description="Seconds a running job is given at SIGTERM.")
    sync_wait: float = Field(default=300.0, gt=0, le=3600, description="Seconds a v1 call waits before its 504.")
    retention: float = Field(
        default=3600.0, ge=1, le=31 * 86400, description="Seconds a finished job and its files are kept."
    )
    rate: float = Field(default=120.0, gt=0, description="Submits a minute a key may make.")
    burst: int = Field(default=60, ge=1, description="Submits a key may make at once.")
    max_queued: int = Field(default=200, ge=1, description="Unfinished jobs a key may have.")
    max_queue: int = Field(default=10_000, ge=1, description="Unfinished jobs all keys may have together.")
    min_free: int = Field(default=256 * 2**20, ge=0, description="Bytes of free disk below which no job is accepted.")
    storage_quota: int = Field(
        default=0, ge=0, description="Bytes finished files may take; above, the oldest go early. 0 for no limit."
    )
    deadline: float = Field(default=1800.0, gt=0, description="Seconds a job may run before it is stopped and fails.")
    stall: float = Field(default=120.0, gt=0, description="Seconds without progress after which a worker is replaced.")
    max_attempts: int = Field(default=3, ge=1, le=20, description="Workers a job may lose before it fails.")
    max_body: int = Field(default=32 * 2**20, ge=2**10, description="Bytes a request body may have.")
    body_seconds: float = Field(default=30.0, gt=0, description="Seconds a request body may take to arrive.")
    first_credits: float = Field(default=100.0, ge=0, le=1e9, description="Credits of the key made at the first start.")
    fetch_hosts: Words = Field(default=(), description="Hosts that image URLs may name though they are private.")
    fetch_networks: Words = Field(default=(), description="Private networks that image URLs may point into.")
    fetch_ports: Annotated[tuple[int, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(), description="Ports that image URLs may name besides 80 and 443."
    )
    log_format: Literal["text", "json"] = Field(default="text", description="How log lines are written.")
    models: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="The catalogue's [models.<name>] tables."
    )

    @field_validator("data")
    @classmethod
    def _absolute(cls, data: Path) -> Path:
        try:
            return data.expanduser().absolute()
        except RuntimeError as error:  # ~nobody
            raise ValueError(str(error)) from None

    @field_validator("public_url")
    @classmethod
    def _is_base_url(cls, url: str | None) -> str | None:
        if url is None or url == "":
            return None
        parts = urlsplit(url)
        bare = not (parts.query or parts.fragment or "@" in parts.netloc or re.search(r"[\s\x00-\x1f]", url))
        if parts.scheme not in ("http", "https") or not parts.hostname or not bare:
            raise ValueError("must be like https://video.example.com, without a query or credentials")
        return url.rstrip("/")

    @field_validator("trusted_proxies", "fetch_networks")
    @classmethod
    def _are_networks(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        ranges(texts)
        return texts

    @field_validator("engine")
    @classmethod
    def _engine_exists(cls, engine: str) -> str:
        try:
            capabilities(engine)
        except SetupError as error:
            raise ValueError(str(error)) from None
        return engine

    @field_validator("models")
    @classmethod
    def _models_are_right(cls, models: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        try:
            catalogue = Catalogue.build(models)
        except SetupError as error:
            raise ValueError(str(error)) from None
        for model in catalogue:
            try:
                if model.engine is not None:
                    capabilities(model.engine)
            except SetupError as error:
                raise ValueError(f"models.{model.name}.engine: {error}") from None
        return models

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The file's and the flags' values are merged before they get here, so both stand above the environment.
        return (init_settings, env_settings)

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue.build(self.models)

    def engine_of(self, model: str) -> str:
        return self.catalogue[model].engine or self.engine

    @property
    def fetch_policy(self) -> FetchPolicy:
        return FetchPolicy(
            allow_hosts=frozenset(host.lower() for host in self.fetch_hosts),
            allow_networks=ranges(self.fetch_networks),
            allow_ports=frozenset(self.fetch_ports),
        )

    @property
    def database(self) -> Path:
        return self.data / "flashreel.db"

    @property
    def assets(self) -> Path:
        return self.data / "assets"

    @property
    def scratch(self) -> Path:
        return self.data / "scratch"


def load_settings(config: Path | None = None, flags: Mapping[str, object] | None = None) -> Settings:
    """Environment, then the TOML file (`config`), then `flags` that are not None.

    Raises SetupError naming the setting, what it is and what it must be.
    """
    values: dict[str, Any] = {}
    if config is not None:
        try:
            values.update(tomllib.loads(config.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SetupError(f"the settings file {config} cannot be read: {error}") from error
    values.update({name: value for name, value in (flags or {}).items() if value is not None})
    try:
        return Settings(**values)
    except SettingsError as error:
        raise SetupError(f"the environment cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise SetupError(f"{name} is not a setting; settings are {', '.join(Settings.model_fields)}") from None
        reason = first["msg"].removeprefix("Value error, ")
        if name == "models":  # its sentence names the table and the field; the whole of them is no value to quote
            raise SetupError(reason) from None
        raise SetupError(f"{name} is {first['input']!r}: {reason}") from None
