"""The collector's settings: flags over the TOML file over the environment (COLLECTOR_…) over the defaults.

store = "postgresql://fleet@db/fleet"       COLLECTOR_STORE=…       --store …
"""

import re
import socket
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from collector.calendar.days import DAY_S
from collector.errors import ConfigurationError
from collector.ingest import broker_url
from collector.log import LogForm
from collector.store.engine import store_url
from collector.values import complaints, timezones
from collector.values.money import is_currency, no_currency

Days = Annotated[int, Field(ge=1, le=36_500)]
_PART = re.compile(r"([1-9][0-9]{0,2})/([1-9][0-9]{0,2})")
_PAGES = re.compile(r"https?://[^/\s?#@]+/?")
_LISTEN = re.compile(r"(\[[0-9a-fA-F:]+\]|[^:\s]+):([0-9]{1,5})")


class Settings(BaseSettings):
    """One frozen object, read once in __main__ and handed on in parts."""

    model_config = SettingsConfigDict(env_prefix="COLLECTOR_", frozen=True, extra="forbid")

    store: SecretStr = Field(SecretStr("sqlite:///fleet.db"), description="sqlite:///file or postgresql://…")
    mqtt: SecretStr = Field(SecretStr("mqtt://127.0.0.1:1883"), description="the broker: docs/brokers.md")
    mqtt_client_id: str = Field("", max_length=64, description="empty: made up at each start")
    store_wait_s: int = Field(
        300, ge=0, le=DAY_S, description="how long a start waits for a PostgreSQL that does not answer; 0: not at all"
    )
    listen: str = Field("127.0.0.1:8380", description="HOST:PORT of pages, API and /metrics")
    part: str = Field("1/1", description="i/n: this collector takes the topic shards of part i of n")
    share_group: str = Field(
        "",
        max_length=64,
        pattern=r"^[A-Za-z0-9_-]*$",
        description="shared subscription's secret group name; empty: none",
    )
    secure_cookies: bool = Field(default=False, description="true behind HTTPS: sessions never travel over plain HTTP")
    trusted_proxies: str = Field(
        "", description="addresses or networks of proxies in front, with commas: their X-Forwarded-For is believed"
    )
    hosts: str = Field(
        "",
        description="names under which browsers open the pages, with commas; addresses, localhost and the machine's "
        "own name go without saying",
    )
    public_url: str = Field(
        "",
        description="where people open the pages, as https://fleet.example: in links of invitations, and for a "
        "company's sign-in; empty: http:// and `listen`",
    )
    oidc_issuer: str = Field(
        "", description="a company's sign-in (OpenID Connect): the issuer's exact address; empty: none"
    )
    oidc_client_id: str = Field("", max_length=255, description="how the issuer knows this collector")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="what the issuer gave it; empty: PKCE alone")
    register_unknown_robots: bool = Field(
        default=True, description="a robot that the broker let in becomes known with its first message"
    )
    hours_keep_days: Days = Field(90, description="usage by hour; day totals are kept for ever")
    events_keep_days: Days = Field(400, description="lifecycle events; the history of skills, but for what stood then")
    faults_keep_days: Days = Field(800, description="closed fault episodes and gaps")
    parked_keep_days: Days = Field(30, description="messages that could not be taken")
    base_currency: str = Field(
        "CNY",
        description="money of several currencies is summed in it, at stated rates; a fact that states none is in it",
    )
    base_timezone: str = Field(
        "UTC",
        description="IANA time zone of the collector's own day (`today` of a report) and of accounts that state none",
    )
    health_policy: Path | None = Field(None, description="TOML file of the health model's weights; empty: the default")
    lifecycle_policy: Path | None = Field(
        None, description="TOML file of stages, activation clocks and handover; empty: the default"
    )
    segment_policy: Path | None = Field(
        None, description="TOML file of segments, points and touch models; empty: the default"
    )
    playbooks: Path | None = Field(None, description="TOML file of the rules of calls to action; empty: the default")
    skill_manifests: Path | None = Field(
        None, description="folder of skills' folders: what their counters can plausibly count; empty: only the registry"
    )
    refused_readings_per_h: int = Field(
        100, ge=0, le=1_000_000_000, description="a robot that refuses more readings in an hour is an alarm; 0: never"
    )
    skills_folder: Path | None = Field(
        None, description="folder of the repository of skill packages; empty: there is none (docs/skill-repository.md)"
    )
    skills_keys: Path | None = Field(None, description="folder of the collector's own three keys of that repository")
    skills_review: bool = Field(
        default=True,
        description="packages are published when people have reviewed them; false: a signature is enough",
    )
    skills_listen: str = Field(
        "", description="HOST:PORT of the site that robots fetch packages from; empty: it is not served"
    )
    skills_certificate: Path | None = Field(
        None, description="that site's certificate chain (PEM); empty: plain HTTP, for loopback or behind a proxy"
    )
    skills_certificate_key: Path | None = Field(None, description="the key of that certificate (PEM)")
    skills_robots_ca: Path | None = Field(
        None, description="the authority of robots' certificates (PEM): then only robots with one get an answer"
    )
    robots_authority: Path | None = Field(
        None, description="folder with ca.crt and ca.key: robots get a certificate when paired; empty: the key is noted"
    )
    closing_every_s: int = Field(300, ge=0, le=DAY_S, description="days that are over are scored; 0: never")
    bill_grace_days: int = Field(
        5, ge=0, le=366, description="days after the end of an account's month at which its bill for skills is closed"
    )
    scoring_processes: int = Field(2, ge=1, le=16, description="processes that read accounts when they are many")
    deliver_to_private_networks: bool = Field(
        default=False, description="webhooks and notices may go over http:// and to loopback and private addresses"
    )
    digest_hour: int = Field(8, ge=0, le=23, description="hour at which notices that can wait become one")
    digest_timezone: str = Field("", description="IANA time zone of that hour; empty: that of `base_timezone`")
    support_contact: str = Field(
        "",
        max_length=200,
        description="whom customers call when a robot stands still, on their portal: a telephone "
        "number or a mail address; empty: their CSM",
    )
    billing_contact: str = Field(
        "", max_length=200, description="whom customers ask about contract and bill, likewise; empty: their CSM"
    )
    gallery: bool = Field(default=False, description="for those who build pages: /gallery shows every component")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="the least that is logged"
    )
    log_form: LogForm = Field(default="auto", description="text, json, or auto: text on a terminal")

    @field_validator("store")
    @classmethod
    def _store(cls, value: SecretStr) -> SecretStr:
        store_url(value.get_secret_value())
        return value

    @field_validator("mqtt")
    @classmethod
    def _mqtt(cls, value: SecretStr) -> SecretStr:
        broker_url.parse(value.get_secret_value())
        return value

    @field_validator("part")
    @classmethod
    def _part(cls, value: str) -> str:
        match = _PART.fullmatch(value)
        if not match or not 1 <= int(match[1]) <= int(match[2]) <= 256:  # noqa: PLR2004 - protocol.topics.SHARDS
            raise ConfigurationError(
                "part: write it as i/n with i from 1 to n, n at most 256 (2/3 is the second of three)"
            )
        return value

    @field_validator("base_timezone", "digest_timezone")
    @classmethod
    def _timezone(cls, value: str, info: ValidationInfo) -> str:
        stands_for_base = not value and info.field_name == "digest_timezone"
        if not stands_for_base and value not in timezones.known():
            raise ConfigurationError(
                "{name}: {value!r} is no time zone: write it as Asia/Shanghai", name=info.field_name, value=value[:40]
            )
        return value

    @property
    def digest_zone(self) -> str:
        """The zone of `digest_hour`: its own, else the collector's."""
        return self.digest_timezone or self.base_timezone

    @field_validator("base_currency")
    @classmethod
    def _currency(cls, value: str) -> str:
        if not is_currency(value):
            raise ValueError("; ".join(no_currency(value)))
        return value

    @field_validator("listen", "skills_listen")
    @classmethod
    def _listen(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.field_name == "skills_listen":
            return value
        match = _LISTEN.fullmatch(value)
        if not match or int(match[2]) > 65_535:  # noqa: PLR2004 - TCP
            raise ConfigurationError("{name}: write it as HOST:PORT, for example 127.0.0.1:8380", name=info.field_name)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _trusted_proxies(cls, value: str) -> str:
        try:
            for part in value.split(","):
                if part.strip():
                    ip_network(part.strip(), strict=False)
        except ValueError as error:
            raise ConfigurationError(
                "trusted_proxies: {detail}: write it as 10.0.0.1 or 10.0.0.0/8", detail=str(error)
            ) from error
        return value

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str) -> str:
        if value and not _PAGES.fullmatch(value):
            raise ConfigurationError("public_url: write it as https://fleet.example, without a path")
        return value.rstrip("/")

    @field_validator("oidc_issuer")
    @classmethod
    def _oidc_issuer(cls, value: str) -> str:
        if value and not is_safe_address(value):
            raise ConfigurationError(
                "oidc_issuer: write it as https://login.example/tenant, exactly as the issuer does"
            )
        return value

    @property
    def address_of_pages(self) -> str:
        """Where people open the pages, without a slash at its end."""
        if self.public_url:
            return self.public_url
        host, port = self.address
        return f"http://{socket.gethostname() if host in _EVERYWHERE else self.listen.rpartition(':')[0]}:{port}"

    @property
    def parts(self) -> tuple[int, int]:
        """(i, n) of `part`."""
        i, n = self.part.split("/")
        return int(i), int(n)

    @property
    def address(self) -> tuple[str, int]:
        """(host, port) of `listen`."""
        return _address(self.listen)

    @property
    def skills_address(self) -> tuple[str, int] | None:
        """(host, port) of `skills_listen`; None: packages are not served."""
        return _address(self.skills_listen) if self.skills_listen else None


_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # nobody opens a page there  # noqa: S104 - it is read, not bound


def _address(listen: str) -> tuple[str, int]:
    host, port = listen.rsplit(":", 1)
    return host.strip("[]"), int(port)


def is_safe_address(text: str) -> bool:
    """HTTPS, or this machine itself."""
    try:
        found = urlsplit(text)
        own = found.hostname in {"localhost", "127.0.0.1", "::1"}
    except ValueError:
        return False
    return bool(found.hostname) and not found.username and (found.scheme == "https" or (own and found.scheme == "http"))


_SECRETS = frozenset(name for name, field in Settings.model_fields.items() if field.annotation is SecretStr)


def check_together(settings: Settings) -> None:
    """Raises ConfigurationError where a setting needs another one, before the collector starts."""
    if settings.oidc_issuer and not settings.oidc_client_id:
        raise ConfigurationError("oidc_issuer: it needs oidc_client_id, the name that the issuer gave this collector")
    if settings.oidc_client_id and not settings.oidc_issuer:
        raise ConfigurationError("oidc_client_id: it needs oidc_issuer, the address of the company's sign-in")
    if settings.skills_listen and settings.skills_folder is None:
        raise ConfigurationError("skills_listen: it needs skills_folder, the repository that is served there")


def load(flags: Mapping[str, Any] | None = None, file: Path | None = None) -> Settings:
    """Raises ConfigurationError in one line. Flags that are None were not given."""

    class Sourced(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            if file is None:
                return init_settings, env_settings
            return init_settings, TomlConfigSettingsSource(settings_cls, file), env_settings

    if file is not None and not file.is_file():
        raise ConfigurationError("--config {file} does not exist", file=file)
    try:
        return Sourced(**{name: value for name, value in (flags or {}).items() if value is not None})
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError("{file}: not TOML: {detail}", file=file, detail=str(error)) from error
    except ValidationError as error:
        unknown = next((each["loc"][0] for each in error.errors()[:1] if each["type"] == "extra_forbidden"), None)
        if unknown is not None:
            known = ", ".join(Settings.model_fields)
            raise ConfigurationError(
                "{unknown} is not a setting: there are {known}", unknown=unknown, known=known
            ) from error
        raise ConfigurationError("{text}", text=one_line(error)) from error


def one_line(error: ValidationError) -> str:
    """The first thing that is wrong, with its name."""
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{name} is unknown: remove it"
    if name in _SECRETS:
        first["input"] = None  # it goes into a log
    return f"{name}: {complaints.sentence_of(first)}".removeprefix(": ")
