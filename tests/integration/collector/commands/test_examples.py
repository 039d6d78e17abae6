"""The commands that the docs and the help show: each is one that there is, and names what the demo's portfolio has."""

import re
import shlex
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from collector.__main__ import main_group
from simulators.stories.cast import CSMS, CUSTOMERS

ROOT = Path(__file__).parents[4]
READS = (
    "collector rates", "collector segments", "collector cta list", "collector cta precision", "collector export",
    "collector import list", "collector import template", "collector parked list", "collector token list",
)  # fmt: skip
"""Those that a store without scores answers, and that change nothing."""
NAMED = {"--csm": "csm", "--owner": "csm", "--account": "account", "explain": "account", "brief": "account"}


def examples():
    """Every line of a shell block that calls the collector: page -> line, without its comment."""
    for page in sorted((ROOT / "docs").glob("*.md")):
        for block in re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith("collector ") and "…" not in line:
                    yield pytest.param(line, id=f"{page.name}: {line[:60]}")


EXAMPLES = list(examples())


def words_of(line):
    return shlex.split(line, comments=True)[1:]


def parsed(words):
    """The command that the words call, its options taken. Raises click.UsageError."""
    command, context, rest = main_group, click.Context(main_group), words
    while isinstance(command, click.Group):
        name, *rest = rest
        found = command.get_command(context, name)
        assert found is not None, f"there is no command {name}"
        command, context = found, click.Context(found, parent=context, info_name=name)
    command.parse_args(context, list(rest))


@pytest.mark.parametrize("line", EXAMPLES)
def test_a_command_of_the_docs_is_one_that_there_is(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda _: "a passphrase that is long")
    words = words_of(line)
    for folder in ("online", "keys"):
        (tmp_path / folder).mkdir()
    for word in words:
        if re.search(r"\.(csv|xlsx|json|key|opk|toml)$", word) and "=" not in word:
            (tmp_path / word).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / word).write_text("{}")
    parsed(words)
    with pytest.raises(click.UsageError):  # the control
        parsed([*words, "--no-such-option"])


@pytest.mark.parametrize("line", EXAMPLES)
def test_a_command_of_the_docs_names_what_the_demo_has(line):
    there = {"csm": set(CSMS), "account": {one.key for one in CUSTOMERS}}
    words = words_of(line)
    for word, value in pairwise(words):
        if word in NAMED and not value.startswith("-") and words[0] != "import":
            assert value in there[NAMED[word]], (word, value)


def test_what_asks_only_is_answered_on_the_facts_of_the_demos_portfolio(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = f"sqlite:///{tmp_path}/fleet.db"

    def run(*words):
        return CliRunner().invoke(main_group, [*words, "--store", store])

    csms = "id,name\n" + "".join(f"{key},{name}\n" for key, (name, _) in CSMS.items())
    accounts = "id,name,csm\n" + "".join(f"{one.key},{one.name},{one.csm}\n" for one in CUSTOMERS)
    for kind, text in (("csms", csms), ("accounts", accounts)):
        (tmp_path / f"{kind}.csv").write_text(text, "utf-8")
        assert run("import", kind, f"{kind}.csv").exit_code == 0
    asked = [one.values[0] for one in EXAMPLES if one.values[0].startswith(READS)]
    assert len(asked) > 8
    for line in asked:
        done = run(*words_of(line))
        assert done.exit_code == 0, (line, done.output, done.exception)
