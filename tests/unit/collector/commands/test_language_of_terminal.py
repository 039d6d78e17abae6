"""A command that asks for a language and is given none takes the terminal's."""

import pytest

from collector.commands.options import of_this_terminal


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "en_GB.UTF-8"}, "en"), ({"LANG": "zh_TW@x"}, "zh"),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN"}, None), ({"LC_MESSAGES": "zh", "LANG": "en_US"}, "zh"), ({}, None),
        ({"LC_ALL": "", "LANG": "zh_CN"}, "zh"), ({"LANG": "fr_FR"}, None),
    ],
)  # fmt: skip
def test_the_locale_of_a_terminal_names_a_language(monkeypatch, variables, language):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert of_this_terminal() == language
