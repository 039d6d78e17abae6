"""The note of flapping faults is believed where it can be right, and stops no start."""

import json
import os
from dataclasses import dataclass, field, replace

import pytest

from edge_agent.outbox.flapping import NOTE, FlapNote, Flapping, read, write
from edge_agent.outbox.values import Flap, OpenEpisode

KEY = ("navigation", "lost", "")
STORED = OpenEpisode(
    family="navigation", code="lost", ref="", did="could_not", severity=2, opened=1_000, opened_epoch="e", openings=90,
    begun=11,
)  # fmt: skip


@dataclass
class KilledOutbox:
    run: str = "run-2"
    runs: frozenset[str] = frozenset({"run-1", "run-2"})
    epoch: str = "e"
    newest: int = 40
    clean: bool = False
    flaps: dict = field(default_factory=dict)


def known(folder, ever):
    write(folder / NOTE, FlapNote("run-1", "e", 39, {KEY: Flap(ever, holds=True)}))
    (episode,) = Flapping(folder, KilledOutbox()).known([STORED])
    return episode.openings, episode.unsure


@pytest.mark.parametrize(
    ("ever", "said"),
    [
        (110, (100, False)),  # ten more than the last commit knew
        (100, (90, False)),  # as it knew
        (30, (90, True)),  # an older note: what was stored stands, and is said to be unsure
        (5, (90, True)),  # of an episode before
        (2**53, (1_000_000_000, False)),  # what the wire takes at most
    ],
)
def test_an_older_note_takes_nothing_away(tmp_path, ever, said):
    assert known(tmp_path, ever) == said


@pytest.mark.parametrize("ever", ["Infinity", "1e999", "-5", "9" * 30, '"x"', "null"])
def test_a_number_that_is_none_makes_no_note(tmp_path, ever):
    note = tmp_path / NOTE
    write(note, FlapNote("run-1", "e", 39, {KEY: Flap(30, holds=True)}))
    good = note.read_text()
    assert read(note) is not None, "the control"
    note.write_text(good.replace(",30,", f",{ever},"))
    assert note.read_text() != good
    assert read(note) is None


def test_what_is_no_file_is_no_note_and_does_not_hold_up_the_start(tmp_path):
    os.mkfifo(tmp_path / NOTE)
    assert read(tmp_path / NOTE) is None
    (tmp_path / "dir").mkdir()
    assert read(tmp_path / "dir") is None


MERGED_KEY = ("navigation", "other_faults", "")
HELD = (("navigation", "a", "", "agv"), ("navigation", "b", "", ""))
SAID_BY = (("navigation", "b", "", "program"),)


def merged_note(folder):
    flap = Flap(100, holds=True, held_by=HELD, held_sources=SAID_BY)
    write(folder / NOTE, FlapNote("run-1", "e", 39, {MERGED_KEY: flap}))
    return json.loads((folder / NOTE).read_text())


def test_the_note_has_the_sources_of_merged_faults_beside_what_older_agents_read(tmp_path):
    said = merged_note(tmp_path)
    assert read(tmp_path / NOTE).flaps[MERGED_KEY].held_sources == SAID_BY
    (row,) = said["flaps"]
    assert len(row) == 7, "an older agent unpacks seven"
    assert all(len(held) == 4 for held in row[5]), "and of each fault that holds four"


@pytest.mark.parametrize("is_older", [False, True])
def test_what_an_older_agent_noted_takes_no_source_that_is_stored(tmp_path, is_older):
    said = merged_note(tmp_path)
    stored = replace(STORED, code="other_faults", begun=11, held_by=HELD[:1], held_sources=SAID_BY)
    if is_older:
        (tmp_path / NOTE).write_text(json.dumps({name: each for name, each in said.items() if name != "held_sources"}))
    (episode,) = Flapping(tmp_path, KilledOutbox()).known([stored])
    assert (episode.held_by, episode.held_sources) == (HELD, SAID_BY)


def test_an_episode_is_read_with_and_without_sources():
    body = {"family": "navigation", "code": "other_faults", "ref": "", "did": "could_not", "severity": "warning"}
    body |= {"opened": 1, "opened_epoch": "e", "held_by": HELD}
    assert OpenEpisode.stored(json.dumps(body)).held_sources == ()
    body |= {"held_sources": SAID_BY, "of_a_newer_agent": 1}
    assert OpenEpisode.stored(json.dumps(body)).held_sources == SAID_BY
