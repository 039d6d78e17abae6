"""The `.opk`: a canonical, uncompressed USTAR archive that says the hash of each of its files. Standard library only.

    package = build(declared, files)          bytes of a manifest's table and its files
    read(open_file)                           what is in it, or PackageRefused with the reason
    contents(open_file, entry)                a file of it, from the same open file

manifest.json comes first, as canonical JSON; then the files by name. Its `format` is the version of both, manifest and
archive: a reader refuses a higher one. Within a format, fields may be added that a reader which does not know them may
ignore; what must not be ignored needs a new format (docs/skills.md).
"""

from opk_skills.package.building import PACKAGE_MAX_BYTES, build
from opk_skills.package.reading import Entry, Package, contents, read

__all__ = ["PACKAGE_MAX_BYTES", "Entry", "Package", "build", "contents", "read"]
