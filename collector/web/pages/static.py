"""The files that pages load: one style sheet of several, scripts, the icon. Read once, answered from memory.

A page names them under a folder that is the hash of them all (`/static/1f0c…/styles.css`): a browser keeps such a file
for a year, and a new release is a new address. Scripts import each other by relative addresses, so they stay within it.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from aiohttp import web

from collector.calendar.days import DAY_S

FOLDER = Path(__file__).parents[1] / "static"
SHEETS = (
    "tokens",
    "base",
    "controls",
    "components",
    "charts",
    "pages",
    "print",
)  # in order: the first names the layers
HTMX = "vendor/htmx-2.0.11.min.js"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_YEAR_S = 365 * DAY_S
_VERSION_CHARS = 12


@dataclass(frozen=True, slots=True)
class File:
    """`packed` is gzip; "" for what does not become smaller."""

    body: bytes
    packed: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Files:
    """By path below /static/VERSION/."""

    version: str
    by_path: MappingProxyType[str, File]

    def address(self, path: str) -> str:
        """Where a page finds that file. Raises KeyError for one that is not there."""
        _ = self.by_path[path]
        return f"/static/{self.version}/{path}"


@cache
def files() -> Files:
    """All of them, as they were when they were first asked for."""
    styles = b"\n".join((FOLDER / "styles" / f"{name}.css").read_bytes() for name in SHEETS)
    found = {"styles.css": styles, "icon.svg": (FOLDER / "icon.svg").read_bytes()}
    for script in [*sorted((FOLDER / "scripts").glob("*.js")), FOLDER / HTMX]:
        found[str(script.relative_to(FOLDER))] = script.read_bytes()
    sums = hashlib.sha256()
    for path in sorted(found):
        sums.update(path.encode() + b"\0" + found[path] + b"\0")
    by_path = {path: File(body, _packed(body), _TYPES[Path(path).suffix]) for path, body in found.items()}
    return Files(sums.hexdigest()[:_VERSION_CHARS], MappingProxyType(by_path))


def _packed(body: bytes) -> bytes:
    packed = gzip.compress(body, 9, mtime=0)
    return packed if len(packed) < len(body) else b""


async def serve(request: web.Request) -> web.Response:
    """One file. Raises HTTPNotFound, also for another release's address: a page that old is loaded anew."""
    version, path = request.match_info["version"], request.match_info["path"]
    known = files()
    file = known.by_path.get(path)
    if file is None or version != known.version:
        raise web.HTTPNotFound
    headers = {"Cache-Control": f"public, max-age={_YEAR_S}, immutable", "Vary": "Accept-Encoding"}
    body = file.body
    if file.packed and "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"], body = "gzip", file.packed
    return web.Response(body=body, content_type=file.content_type, charset="utf-8", headers=headers)
