"""What a list is written as."""

import io
import json

from collector.exchange.export import write_table

ROW = ["a\x1b[2Jb", "c\x00\x7f\x9b1", "line\nend\ttab", "Größe 好", 5]


def test_csv_holds_no_control_character_but_line_ends_and_tabs():
    out = io.StringIO()
    write_table("csv", ["a", "b", "c", "d", "e"], [ROW], out)
    assert out.getvalue() == 'a,b,c,d,e\na\ufffd[2Jb,c\ufffd\ufffd\ufffd1,"line\nend\ttab",Größe 好,5\n'


def test_json_keeps_the_text_escaped():
    """The control: what was said is there to be had."""
    out = io.StringIO()
    write_table("json", ["a"], [ROW[:1]], out)
    assert "\x1b" not in out.getvalue()
    assert json.loads(out.getvalue()) == {"a": ROW[0]}
