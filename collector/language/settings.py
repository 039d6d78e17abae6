"""What each setting of the installation is for, and how one whose value is a secret is shown."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in, pgettext

_SECRETS: Mapping[str, str] = MappingProxyType(
    {"default": deferred_in("setting", "default"), "set, not shown": deferred_in("setting", "set, not shown")}
)


def about(description: str, language: str) -> str:
    """The description of a field of `Settings`; all of them are in the catalogues."""
    return pgettext(language, "setting", description) if description else ""


def value(said: str, language: str) -> str:
    """As it is written in the environment; of a secret only whether it is set."""
    return pgettext(language, "setting", _SECRETS[said]) if said in _SECRETS else said
