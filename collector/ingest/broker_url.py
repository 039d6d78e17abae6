"""Where the broker is and who we are to it, from one URL; the files that it names must exist.

mqtt://host:1883    mqtts://user:password@host:8883?ca=ca.crt&cert=collector.crt&key=collector.key
"""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from collector.errors import ConfigurationError

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_FORM = ConfigurationError(
    "write mqtt://host:1883 or mqtts://user:password@host:8883?ca=ca.crt&cert=own.crt&key=own.key"
)


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """A parsed broker URL. The password is kept out of every text."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def parse(text: str) -> BrokerUrl:
    """Raises ConfigurationError that says how to write it."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError as error:
        raise ConfigurationError("mqtt: {detail}: {form}", detail=str(error), form=_FORM) from None
    if url.scheme not in _PORTS or not url.hostname or url.path not in {"", "/"}:
        raise ConfigurationError("mqtt: not a broker's address: {form}", form=_FORM)
    options = dict(parse_qsl(url.query, keep_blank_values=True))
    if unknown := options.keys() - {"ca", "cert", "key"}:
        raise ConfigurationError("mqtt: unknown option {option}: {form}", option=min(unknown), form=_FORM)
    if options and url.scheme != "mqtts":
        raise ConfigurationError("mqtt: ca, cert and key need TLS: write mqtts://")
    if ("cert" in options) != ("key" in options):
        raise ConfigurationError("mqtt: cert and key belong together: give both")
    if url.password is not None and not url.username:
        raise ConfigurationError("mqtt: a password needs a user: {form}", form=_FORM)
    files = {name: Path(value) for name, value in options.items()}
    for name, path in files.items():
        if not path.is_file():
            raise ConfigurationError("mqtt: {name} file {path} does not exist", name=name, path=path)
    user = unquote(url.username) if url.username else None
    password = unquote(url.password) if url.password is not None else None
    return BrokerUrl(url.hostname, port or _PORTS[url.scheme], url.scheme == "mqtts", user, password, **files)


def tls_context(url: BrokerUrl) -> ssl.SSLContext | None:
    """None without TLS. The broker's name is always checked. Raises ConfigurationError for unusable files."""
    if not url.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=url.ca)
        if url.cert and url.key:
            context.load_cert_chain(url.cert, url.key)
    except (ssl.SSLError, OSError) as error:
        raise ConfigurationError("mqtt: ca, cert or key cannot be used: {detail}", detail=str(error)) from error
    return context
