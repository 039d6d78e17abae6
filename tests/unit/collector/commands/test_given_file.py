"""What is no text or no JSON is said in one line, and is no traceback."""

import click
import pytest

from collector.commands.given_file import object_in, written_in


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe\x00", "no UTF-8 text"), (b"{", "no JSON"), (b"[1]", "an object is expected")],
)
def test_a_file_that_is_something_else_is_a_usage_error(tmp_path, content, said):
    file = tmp_path / "given.json"
    file.write_bytes(content)
    with pytest.raises(click.UsageError, match=said):
        object_in(file)


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    with pytest.raises(click.UsageError, match="name a file that can be read"):
        written_in(tmp_path)
    good = tmp_path / "good.json"
    good.write_text('{"a": 1}')
    assert object_in(good) == {"a": 1}
