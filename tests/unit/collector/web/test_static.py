"""The files that pages load: one address for each release, and what is of others is unchanged."""

import hashlib
import re

from collector.web.pages import static


def test_a_file_of_others_is_the_one_that_its_readme_names():
    told = (static.FOLDER / "vendor/README.md").read_text(encoding="utf-8")
    named = dict(re.findall(r"`([\w.-]+\.js)` .*`([0-9a-f]{64})`", told))
    there = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (static.FOLDER / "vendor").glob("*.js")
    }
    assert named == there
    assert static.HTMX.removeprefix("vendor/") in named


def test_sheets_name_every_layer_before_they_fill_it():
    styles = static.files().by_path["styles.css"].body.decode()
    first = re.search(r"@layer ([\w, ]+);", styles)
    assert first is not None
    named = first.group(1).split(", ")
    assert named[-1] == "print"
    assert set(re.findall(r"@layer (\w+) \{", styles)) == set(named)


def test_what_pages_load_is_small_enough_for_a_phone():
    known = static.files().by_path
    packed = sum(len(known[path].packed or known[path].body) for path in known)
    assert packed <= 45_000  # with 15 kB for a page's own HTML they are the 60 kB that a page may have


def test_a_script_imports_only_scripts_that_are_served():
    known = static.files().by_path
    scripts = [path for path in known if path.startswith("scripts/")]
    assert len(scripts) > 3
    for path in scripts:
        for name in re.findall(r'(?:import|from) "\./([\w.]+)"', known[path].body.decode()):
            assert f"scripts/{name}" in known
