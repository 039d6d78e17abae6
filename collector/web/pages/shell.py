"""What stands around every page: the sections a caller has, what the browser remembers, addresses of files.

A choice (language, theme, density, single-letter keys) is a link with a parameter that becomes a cookie; the page then
comes back without it. It works without script, and the server writes the page as it was chosen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiDict
from yarl import URL

from collector.access.caller import (
    ADMINS,
    CUSTOMERS,
    EVERYONE,
    IMPORTERS,
    INSIDE,
    SEES_BILLS,
    SEES_FLEET,
    SEES_PACKAGES,
    SEES_ROBOTS,
    WRITERS,
    Caller,
    Role,
)
from collector.calendar import days
from collector.calendar.days import DAY_S
from collector.language.catalogue import LANGUAGES
from collector.language.pages import Words, preferred
from collector.operations.skill_names import SkillName
from collector.web.pages import skill_texts
from collector.web.pages.static import HTMX, files
from collector.web.parts import PARTS

ZONE_MAX_CHARS = 64
ADDRESS_MAX_CHARS = 4_000  # of what is typed and goes back into an address: half of what a server takes as one line
PAGE: web.RequestKey[str] = web.RequestKey("page", str)
"""What a browser can load again instead of an answer to a form, whose own address may take nothing but forms."""
SKILLS: web.RequestKey[Mapping[str, SkillName]] = web.RequestKey("skills", Mapping[str, SkillName])
"""What skills are called, for who has signed in."""
_YEAR_S = 365 * DAY_S
# parameter -> (cookie, its values); the first value stands for no cookie
CHOICES = {
    "lang": ("language", tuple(LANGUAGES)),
    "theme": ("theme", ("system", "light", "dark")),
    "density": ("density", ("compact", "cosy")),
    "keys": ("keys", ("on", "off")),
}


@dataclass(frozen=True, slots=True)
class NavigationPlace:
    """A place in the navigation. `paths`: what lies in it. `href` "": its pages come later, its place is kept."""

    key: str
    word: str
    icon: str
    href: str
    paths: tuple[str, ...]
    right: frozenset[Role]  # of the operation that its page asks


# The key is the letter after G on the keyboard.
PORTAL = (
    NavigationPlace("h", "my_robots", "robot", "/portal", ("/robots",), CUSTOMERS),
    NavigationPlace("u", "my_use", "stage", "/portal/use", (), CUSTOMERS),
    NavigationPlace("k", "my_skills", "skills", "/portal/skills", ("/portal/skills",), CUSTOMERS),
    NavigationPlace("g", "my_goals", "promise", "/portal/plan", ("/portal/report",), CUSTOMERS),
    NavigationPlace("b", "my_bills", "money", "/portal/bills", ("/portal/bills",), CUSTOMERS),
    NavigationPlace("w", "my_help", "ticket", "/portal/help", (), CUSTOMERS),
)
SECTIONS = (
    *PORTAL,
    NavigationPlace("t", "today", "today", "/", ("/today",), INSIDE),
    NavigationPlace("a", "accounts", "accounts", "/accounts", ("/accounts", "/portfolio"), SEES_ROBOTS - CUSTOMERS),
    NavigationPlace("f", "fleet", "fleet", "/fleet", ("/fleet", "/robots"), SEES_ROBOTS - CUSTOMERS),
    NavigationPlace("s", "skills", "skills", "/skills", ("/skills",), SEES_FLEET),
)
SKILL_STORE = (
    NavigationPlace("", "skills_running", "skills", "/skills", (), SEES_FLEET),
    NavigationPlace("", "catalogue", "skills", "/skills/catalogue", ("/skills/catalogue",), SEES_FLEET),
    NavigationPlace("", "reviews", "check", "/skills/review", ("/skills/review",), SEES_PACKAGES),
    NavigationPlace("", "rollouts_h", "version", "/skills/rollouts", ("/skills/rollouts",), SEES_FLEET),
    NavigationPlace("", "licences_h", "file", "/skills/licences", ("/skills/licences",), SEES_FLEET),
    NavigationPlace("", "held_back_h", "clock", "/skills/held-back", ("/skills/held-back",), INSIDE),
)
"""The pages of the section of skills."""
PLACES = (
    NavigationPlace("r", "reviews", "skills", "/skills/review", ("/skills/review",), SEES_PACKAGES - SEES_FLEET),
    NavigationPlace("b", "bills", "money", "/bills", ("/bills",), SEES_BILLS - CUSTOMERS),
    NavigationPlace("p", "parked", "parked", "/parked", ("/parked",), SEES_FLEET),
    NavigationPlace("", "administration", "admin", "/admin/people", ("/admin",), ADMINS),
    NavigationPlace("", "imports", "file", "/admin/imports", (), IMPORTERS - ADMINS),
    NavigationPlace("", "my_page", "info", "/me", ("/me",), EVERYONE),
    NavigationPlace("d", "api", "file", "/api/docs", ("/api/docs",), EVERYONE),
)

ADMINISTRATION = (
    NavigationPlace("", "people", "admin", "/admin/people", (), ADMINS),
    NavigationPlace("", "tokens", "admin", "/admin/tokens", (), ADMINS),
    NavigationPlace("", "sessions", "admin", "/admin/sessions", (), ADMINS),
    NavigationPlace("", "audit_log", "admin", "/admin/audit", (), ADMINS),
    NavigationPlace("", "settings", "admin", "/admin/settings", (), ADMINS),
    NavigationPlace("", "imports", "admin", "/admin/imports", (), IMPORTERS),
    NavigationPlace("", "notifications", "admin", "/admin/notices", (), ADMINS),
)


@dataclass(frozen=True, slots=True)
class SectionShown:
    """One section of this page. `count`: what waits there; None: nothing is counted."""

    key: str
    word: str
    icon: str
    href: str
    current: bool
    count: str | None = None


@dataclass(frozen=True)
class Shell:
    """What base.html asks for."""

    request: web.Request
    sections: list[SectionShown]
    places: list[SectionShown]
    administration: list[SectionShown]
    skill_store: list[SectionShown]
    languages: list[str]  # the others
    writes: bool  # the caller may act
    theme: str
    density: str
    keys: str
    htmx: str = HTMX

    def with_choice(self, name: str, value: str) -> str:
        """This page's address with a choice; of an answer to a form the page that the form stood on."""
        page = self.request.get(PAGE)
        return str((self.request.rel_url if page is None else URL(page)).update_query({name: value}))


async def page_of_form(request: web.Request) -> str:
    """The page that a form was sent from: its own address where that is a page too, else the one the browser tells.

    Links of the answer that choose (a language, a theme) load it again.
    """
    told = request.headers.get("Referer", "")
    try:
        came_from = URL(told)
    except ValueError:
        came_from = URL()
    ours = came_from.host is not None and came_from.authority.lower() == request.host.lower()
    for address in (str(request.rel_url), str(came_from.relative()) if ours else "/"):
        found = await request.app.router.resolve(request.clone(method="GET", rel_url=address))
        if found.http_exception is None:
            return address
    return "/"


def words_of(request: web.Request) -> Words:
    """In the reader's language, and moments in the zone that the browser told (scripts/zone.js); else in the base."""
    language = preferred(request.cookies.get("language"), request.headers.get("Accept-Language", ""))
    told = request.cookies.get("zone", "")
    is_known = len(told) <= ZONE_MAX_CHARS and days.known_zone(told) is not None
    words = Words(language).in_zone(told if is_known else request.app[PARTS].context.settings.base_timezone)
    words.skills = skill_texts.names(request.get(SKILLS, {}), language)
    return words


def shell_of(request: web.Request, words: Words, caller: Caller | None, count: str | None = None) -> Shell:
    """`count`: calls that wait on Today."""
    account = request.query.get("account") if request.path.startswith("/portal") else None
    kept = f"?{urlencode({'account': account})}" if account else ""
    said = {name: request.cookies.get(cookie, "") for name, (cookie, _) in CHOICES.items()}
    chosen = {name: value if value in CHOICES[name][1][1:] else "" for name, value in said.items()}
    return Shell(
        request=request,
        sections=[_shown(one, request.path, count, kept) for one in SECTIONS if is_for(one, caller)],
        places=[_shown(one, request.path, None) for one in PLACES if is_for(one, caller)],
        administration=[_shown(one, request.path, None) for one in ADMINISTRATION if is_for(one, caller)],
        skill_store=[_shown(one, request.path, None) for one in SKILL_STORE if is_for(one, caller)],
        languages=[language for language in LANGUAGES if language != words.language],
        writes=caller is not None and caller.may(WRITERS),
        theme=chosen["theme"],
        density=chosen["density"],
        keys=chosen["keys"],
    )


def is_for(section: NavigationPlace, caller: Caller | None) -> bool:
    """Whether the caller may open the place at all."""
    return caller is not None and caller.may(section.right)


def first_place(caller: Caller) -> str:
    """Where this caller begins: the first section that it may open, else its own page."""
    return next(one.href for one in (*SECTIONS, *PLACES) if one.href and one.word != "parked" and is_for(one, caller))


def _shown(section: NavigationPlace, path: str, count: str | None, kept: str = "") -> SectionShown:
    """`kept`: the account that somebody with several has chosen in the portal."""
    current = path == section.href or any(path == p or path.startswith(f"{p}/") for p in section.paths)
    waits = count if section.key == "t" else None
    href = f"{section.href}{kept}" if section in PORTAL else section.href
    return SectionShown(section.key, section.word, section.icon, href, current, waits)


def chosen(request: web.Request) -> web.Response | None:
    """The way back without the parameter, where the address makes a choice; it is remembered for a year."""
    made = {name: value for name, value in request.query.items() if name in CHOICES and value in CHOICES[name][1]}
    if not made:
        return None
    query = MultiDict(request.query)
    for name in made:
        query.popall(name)
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": str(request.rel_url.with_query(query))})
    for name, value in made.items():
        choose(response, name, value)
    return response


def choose(response: web.StreamResponse, name: str, value: str) -> None:
    response.set_cookie(CHOICES[name][0], value, max_age=_YEAR_S, samesite="Lax", httponly=True)


def globals_of(request: web.Request, words: Words, caller: Caller | None, count: str | None) -> dict[str, Any]:
    """What every template is given."""
    return {"t": words, "shell": shell_of(request, words, caller, count), "file": files().address}
