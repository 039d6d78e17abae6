"""Saved views in words."""

from typing import Literal

from collector.language.catalogue import gettext

ViewAct = Literal["saved", "renamed", "kept", "shared", "unshared", "deleted", "restored"]


def shared_by(owner: str, language: str) -> str:
    return gettext(language, "shared by {owner}", owner=owner)


def done(act: ViewAct, name: str, language: str) -> str:
    """What a toast says."""
    return {
        "saved": gettext(language, "View saved: {name}", name=name),
        "renamed": gettext(language, "View renamed: {name}", name=name),
        "kept": gettext(language, "View changed: {name}", name=name),
        "shared": gettext(language, "Colleagues find this view now: {name}", name=name),
        "unshared": gettext(language, "Only its owner finds this view now: {name}", name=name),
        "deleted": gettext(language, "View deleted: {name}", name=name),
        "restored": gettext(language, "View restored: {name}", name=name),
    }[act]
