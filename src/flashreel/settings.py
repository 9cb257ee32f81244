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
from flashreel.moderation.policy import Rules, checked_changes, parse_changes


def default_data_folder() -> Path:
    return Path(platformdirs.user_data_dir("flashreel", appauthor=False))


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _changes(value: object) -> object:
    return parse_changes(value) if isinstance(value, str) else value


#: A list of words; "a,b" where it comes as one string (environment, flag).
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """Everything an operator can set. Each field is a flag of `flashreel serve`, a key of the TOML file and, as
    `FLASHREEL_<NAME>`, a variable of the environment."""

    model_config = SettingsConfigDict(env_prefix="FLASHREEL_", extra="forbid", frozen=True, allow_inf_nan=False)

    data: Path = Field(
        default_factory=default_data_folder, description="Folder of the store, the assets and the caches."
    )
    database_url: str = Field(
        default="",
        repr=False,  # it may hold a password
        description="A PostgreSQL database for the store, instead of a file in the data folder.",
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
    upload_life: float = Field(default=86400.0, ge=1, le=31 * 86400, description="Seconds an uploaded image is kept.")
    upload_quota: int = Field(default=256 * 2**20, ge=1, description="Bytes the uploaded images of a key may take.")
    upload_max: int = Field(default=20 * 2**20, ge=1, description="Bytes an uploaded image may have.")
    deadline: float = Field(default=1800.0, gt=0, description="Seconds a job may run before it is stopped and fails.")
    stall: float = Field(default=120.0, gt=0, description="Seconds without progress after which a worker is replaced.")
    max_attempts: int = Field(default=3, ge=1, le=20, description="Workers a job may lose before it fails.")
    allowed_hosts: Words = Field(
        default=(), description="Host names requests may name; empty for any. *.x.y for all below."
    )
    cors_origins: Words = Field(default=(), description="Origins whose pages may call the API, or *. [default: none]")
    max_body: int = Field(default=32 * 2**20, ge=2**10, description="Bytes a request body may have.")
    body_seconds: float = Field(default=30.0, gt=0, description="Seconds a request body may take to arrive.")
    first_credits: float = Field(default=100.0, ge=0, le=1e9, description="Credits of the key made at the first start.")
    fetch_hosts: Words = Field(
        default=(), description="Hosts that image and webhook URLs may name though they are private."
    )
    fetch_networks: Words = Field(
        default=(), description="Private networks that image and webhook URLs may point into."
    )
    fetch_ports: Annotated[tuple[int, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(), description="Ports that image and webhook URLs may name besides 80 and 443."
    )
    webhook_timeout: float = Field(default=10.0, gt=0, le=60, description="Seconds a webhook's receiver has to answer.")
    worker_env: Words = Field(
        default=(), description="Variables of the environment that workers get though they may be secrets."
    )
    log_format: Literal["text", "json"] = Field(default="text", description="How log lines are written.")
    log_requests: Literal["all", "no-polls", "none"] = Field(
        default="all", description="Which requests have a line in the log; no-polls leaves out GETs that succeed."
    )
    log_prompts: bool = Field(default=False, description="Whether the log may hold words that callers wrote.")
    metrics_port: int = Field(default=0, ge=0, le=65535, description="A port of its own for /metrics; 0 for none.")
    metrics_host: str = Field(default="127.0.0.1", description="Address of that port; whoever reaches it may look.")
    provenance: bool = Field(
        default=True, description="Whether every MP4 says how it was made: a signed C2PA manifest, and tags."
    )
    provenance_prompt_hash: bool = Field(default=False, description="Whether that holds the SHA-256 of the prompt.")
    provenance_certificate: Path | None = Field(
        default=None, description="Certificates (PEM) to sign with, the signer's first, instead of a self-made one."
    )
    provenance_key: Path | None = Field(default=None, description="Private key (PEM) of the first of them.")
    moderation: bool = Field(default=True, description="Whether prompts and images are checked before a job is made.")
    moderation_policy: Annotated[dict[str, str], NoDecode, BeforeValidator(_changes)] = Field(
        default_factory=dict, description="What is done about categories, as violence=flag,public_figures=allow."
    )
    moderation_fail: Literal["closed", "open"] = Field(
        default="closed", description="Whether a job that could not be checked fails or goes on."
    )
    moderation_checker: str = Field(default="", description="An own checker besides the built-in, as module:Class.")
    moderation_url: str = Field(
        default="", description="An endpoint in the shape of OpenAI's moderation to ask besides."
    )
    moderation_key: str = Field(default="", repr=False, description="The endpoint's key; best from the environment.")
    moderation_model: str = Field(default="omni-moderation-latest", description="The model the endpoint is to use.")
    moderation_timeout: float = Field(default=10.0, gt=0, le=600, description="Seconds the endpoint has for an answer.")
    moderation_images: bool = Field(default=True, description="Whether the endpoint is sent images too.")
    moderation_frames: int = Field(
        default=0, ge=0, le=64, description="Frames of a finished video that an image checker is shown."
    )
    models: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="The catalogue's [models.<name>] tables."
    )

    @field_validator("data", "provenance_certificate", "provenance_key")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        try:
            return path and path.expanduser().absolute()
        except RuntimeError as error:  # ~nobody
            raise ValueError(str(error)) from None

    @field_validator("public_url")
    @classmethod
    def _is_base_url(cls, url: str | None) -> str | None:
        if url is None or url == "":
            return None
        parts = urlsplit(url)
        bare = not (parts.query or parts.fragment or "@" in parts.netloc or re.search(r"[\s\x00-\x1f]", url))
        # What is no port at all is refused by `port` itself.
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0 or not bare:
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

    @field_validator("moderation_policy")
    @classmethod
    def _are_actions(cls, changes: dict[str, str]) -> dict[str, str]:
        return dict(checked_changes(changes).items())

    @field_validator("moderation_checker")
    @classmethod
    def _is_class(cls, name: str) -> str:
        if name and not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*", name):
            raise ValueError("must be like my.package:Checker")
        return name

    @field_validator("moderation_url")
    @classmethod
    def _is_endpoint(cls, url: str) -> str:
        parts = urlsplit(url)
        bare = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
        if url and (not bare or re.search(r"[\s\x00-\x1f]", url)):
            raise ValueError("must be like https://api.example.com/v1/moderations, without credentials")
        return url

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: str) -> str:
        if url and not re.fullmatch(r"postgres(ql)?(\+psycopg)?://\S*/[^\s/?]+(\?\S*)?", url):
            raise ValueError("must be like postgresql://user:password@host:5432/name")
        return url

    @field_validator("moderation_key")
    @classmethod
    def _is_header(cls, key: str) -> str:
        if not re.fullmatch(r"[!-~]*", key):
            raise ValueError("must be ASCII without spaces")
        return key

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
    def moderation_rules(self) -> Rules:
        return Rules(
            changes=self.moderation_policy,
            fail_open=self.moderation_fail == "open",
            checker=self.moderation_checker,
            url=self.moderation_url,
            key=self.moderation_key,
            model=self.moderation_model,
            seconds=self.moderation_timeout,
            images=self.moderation_images,
            frames=self.moderation_frames,
        )

    @property
    def database(self) -> Path | str:
        """Where the store is: SQLite's file, or PostgreSQL's URL."""
        return self.database_url or self.data / "flashreel.db"

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
        if not Settings.model_fields[str(first["loc"][0])].repr:  # a secret is not shown
            raise SetupError(f"{name} {reason}") from None
        raise SetupError(f"{name} is {first['input']!r}: {reason}") from None
