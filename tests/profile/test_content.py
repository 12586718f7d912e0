"""A finding about a part of a text points at that very part in the YAML."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from imagegen.profile.check import check_bytes
from imagegen.profile.content import Scalar, line_of, place_in
from imagegen.profile.source import read_source
from tests.profiles import as_yaml
from tests.verbs import MINIMAL

PATH = ("os", "files", 0, "content")
WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S"),
                              include_characters=" \t"), min_size=0, max_size=12)
CONTENTS = st.lists(WORDS, min_size=1, max_size=8).map("\n".join)


def document(style: str, rows: list[str], indent: int) -> bytes:
    """A profile's files with a text in it, line by line."""
    body = "\n".join(f"{' ' * indent}{row}" if row else "" for row in rows)
    return f"os:\n  files:\n  - path: /etc/x\n    content: {style}\n{body}\n    mode: x\n".encode()


def shown(data: bytes, at: int) -> tuple[str, str]:
    """The line that is shown for a character, and what stands at the caret."""
    place, exact = read_source("p.yaml", data).inside(PATH, at)
    assert exact
    return place.text, place.text[place.column - 1:]


@given(CONTENTS, st.sampled_from(["|", "|-", "|+"]), st.integers(1, 6), st.booleans(),
       st.sampled_from(["\n", "\r\n"]), st.data())
@example("\n  a\n b", "|", 2, True, "\n", None)
def test_a_literal_block_shows_the_very_line(content: str, style: str, more: int, anchor: bool,
                                             end: str, data: Any) -> None:
    rows = content.split("\n")
    # the indentation is said, since the first line may begin with blanks of its own
    head = f"{'&a ' if anchor else ''}{style[0]}{more}{style[1:]}  # comment"
    text = document(head, rows, 4 + more).replace(b"\n", end.encode())
    value = read_source("p.yaml", text).value["os"]["files"][0]["content"]
    assert value.rstrip("\n") == content.rstrip("\n")
    spots = [at for at, char in enumerate(value.rstrip("\n")) if char != "\n"]
    if not spots:
        return
    at = data.draw(st.sampled_from(spots)) if data else spots[-1]
    row = value.split("\n")[line_of(value, at) - 1]
    line, rest = shown(text, at)
    assert line == " " * (4 + more) + row
    assert rest == row[at - value.rfind("\n", 0, at) - 1:]


@given(st.lists(st.from_regex(r"[a-z]{1,6}( [a-z=]{1,6})?", fullmatch=True), min_size=1,
                max_size=6), st.sampled_from([">", ">-", ">+"]), st.data())
def test_a_folded_block_shows_the_line_that_holds_it(rows: list[str], style: str,
                                                     data: Any) -> None:
    text = document(style, rows, 6)
    value = read_source("p.yaml", text).value["os"]["files"][0]["content"]
    number = data.draw(st.integers(0, len(rows) - 1))
    at = sum(len(row) + 1 for row in rows[:number])
    assert value[at:].startswith(rows[number])
    assert shown(text, at) == (f"      {rows[number]}", rows[number])


def test_more_indented_lines_of_a_folded_block() -> None:
    rows = ["one", "", "two", "  deep", "", "three"]
    text = document(">", rows, 6)
    value = read_source("p.yaml", text).value["os"]["files"][0]["content"]
    for word in ("one", "two", "deep", "three"):
        assert shown(text, value.index(word))[1] == word


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1,
               max_size=20))
@example("\\")
@example("a\\b")
@example('"')
def test_a_text_on_one_line_is_shown_as_it_stands(text: str) -> None:
    """Or not at all, where it is written with escapes."""
    data = as_yaml({"os": {"files": [{"content": text}]}})
    place, exact = read_source("p.yaml", data).inside(PATH, len(text) - 1)
    assert exact is (f'"{text}"'.encode() in data and "\\" not in text and '"' not in text)
    if exact:
        assert place.text[place.column - 1] == text[-1]


@pytest.mark.parametrize(("written", "exact"), [
    ("'a b'", True), ("'it''s'", False), ("'a''b'", False), ("a 'b'", True)])
def test_single_quotes_and_plain_texts(written: str, exact: bool) -> None:
    place, found = read_source("p.yaml", f"a: {written}\n".encode()).inside(("a",), 2)
    assert found is exact
    assert not exact or place.text[place.column - 1] == yaml.safe_load(written)[2]


@given(st.lists(st.text(max_size=10), max_size=5), st.integers(0, 5), st.integers(0, 9),
       st.sampled_from(["|", ">", '"', "'", ""]), st.text(max_size=30), st.integers(0, 40))
def test_whatever_it_is_given_it_answers(lines: list[str], line: int, column: int, style: str,
                                         text: str, at: int) -> None:
    found = place_in(lines, Scalar(line, column, style, text), at)
    assert found is None or (0 <= found[0] < len(lines) and found[1] >= 0)


def findings(text: str) -> list[tuple[int | None, str, str]]:
    """Line, what stands at the caret, and the sentence."""
    data = MINIMAL + text.encode()
    return [(one.where.line - MINIMAL.count(b"\n"), one.where.text[one.where.column - 1:], one.what)
            for one in check_bytes("p.yaml", data).findings if one.where]


def sysctl(content: str) -> str:
    return f"os:\n  files:\n    - path: /etc/sysctl.d/zz-x.conf\n      content: {content}\n"


@pytest.mark.parametrize(("content", "line", "caret"), [
    ("|\n        # x\n        net.ipv4.ip_forward = 0", 6, "net.ipv4.ip_forward = 0"),
    ("|2-\n          # x\n        net.ipv4.ip_forward=0", 6, "net.ipv4.ip_forward=0"),
    ("&x >-\n        # x\n\n        -net/ipv4/ip_forward=0", 7, "-net/ipv4/ip_forward=0"),
    ("net.ipv4.ip_forward=0", 4, "net.ipv4.ip_forward=0"),
    ('"net.ipv4.ip_forward=0\\n"', 4, 'net.ipv4.ip_forward=0\\n"')])
def test_a_line_of_sysctls(content: str, line: int, caret: str) -> None:
    (found,) = findings(sysctl(content))
    assert found[:2] == (line, caret)
    assert "of the text" not in found[2]


def test_where_the_line_cannot_be_shown_its_number_is_said() -> None:
    (found,) = findings(sysctl('"# x\\n# y\\nnet.ipv4.ip_forward=0\\n"'))
    assert found[:2] == (4, '"# x\\n# y\\nnet.ipv4.ip_forward=0\\n"')
    assert found[2].endswith("(line 3 of the text)")


def test_base64_shows_the_files_path() -> None:
    text = sysctl("x").replace("content: x", "contentBase64: bmV0LmlwdjQuaXBfZm9yd2FyZD0wCg==")
    assert findings(text)[0][:2] == (3, "/etc/sysctl.d/zz-x.conf")


def test_a_text_of_another_file_is_shown_there(tmp_path: Any) -> None:
    from imagegen.profile.check import check_file
    (tmp_path / "base.yaml").write_bytes(MINIMAL + sysctl("|\n        # x\n"
                                                          "        net.ipv4.ip_forward=0").encode())
    (tmp_path / "top.yaml").write_text("# x\n" * 30 + "extends: base.yaml\n")
    (found,) = check_file(tmp_path / "top.yaml").findings
    assert found.where is not None
    assert found.where.file.endswith("base.yaml")
    assert re.fullmatch(r" *net\.ipv4\.ip_forward=0", found.where.text)


def test_a_hook_of_windows_shows_its_line() -> None:
    """YAML itself reads \\r\\n as a line's end, so only an escape can bring one."""
    (found,) = findings("os:\n  hooks:\n    before:\n      - name: a\n"
                        '        script: "true\\nx\\r\\n"\n')
    assert found[0] == 5 and found[2].endswith("(line 2 of the text)")


def test_the_reader_of_yaml_agrees_on_styles() -> None:
    node = yaml.compose("a: |\n  x\nb: >\n  x\nc: 'x'\nd: \"x\"\ne: x\n",
                        getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert [value.style or "" for _, value in node.value] == ["|", ">", "'", '"', ""]


def part(content: str, kind: str = "cloud-config") -> str:
    return (f"cloudInit:\n  parts:\n    - name: 50-x.cfg\n      kind: {kind}\n"
            f"      content: {content}\n")


BLOCK = "|\n        # é\n        "
FILE = "write_files:\n          - path: /etc/x\n            "


@pytest.mark.parametrize(("content", "line", "caret"), [
    (f"{BLOCK}hostname: a", 7, "hostname: a"),
    (f"{BLOCK}apt: {{}}", 7, "apt: {}"),
    (f"{BLOCK}bogus: é", 7, "bogus: é"),
    (f"{BLOCK}swap: {{size: 1}}", 7, "swap: {size: 1}"),
    (f"{BLOCK}runcmd: x", 7, "x"),
    (f"{BLOCK}runcmd:\n          - a\n          - b: c", 9, "b: c"),
    (f"{BLOCK}runcmd: [a]\n        runcmd: [b]", 8, "runcmd: [b]"),
    (f"{BLOCK}bootcmd: [[sysctl, x], 'sysctl net.ipv4.ip_forward=0']", 7,
     "'sysctl net.ipv4.ip_forward=0']"),
    (f"{BLOCK}mounts: [[/dev/vdb, /usr/lib]]", 7, "/usr/lib]]"),
    (f"{BLOCK}{FILE}permission: x", 9, "permission: x"),
    (f"{BLOCK}{FILE}permissions: 0644", 9, "0644"),
    (f"{BLOCK}{FILE}encoding: b32", 9, "b32"),
    (f"{BLOCK}{FILE}owner: a:b", 9, "a:b"),
    (f"{BLOCK}{FILE}encoding: b64\n            content: '???'", 10, "'???'"),
    (f"{BLOCK}write_files: [{{path: srv}}]", 7, "srv}]"),
    (f"{BLOCK}write_files: [{{content: é}}]", 7, "{content: é}]"),
    (f"{BLOCK}write_files: [{{path: /a}}, b]", 7, "b]"),
    (f"{BLOCK}write_files: &x [b]\n        runcmd: *x", 7, "b]"),
    (f"{BLOCK}{FILE[:-1].replace('/etc/x', '/etc/sysctl.d/x.conf')} content: |\n"
     "              # é\n              net.ipv4.ip_forward = 0", 11, "net.ipv4.ip_forward = 0"),
    (f"{BLOCK}- a", 6, "# é"),
    (f"{BLOCK}a: [", 7, ""),
    ("'hostname: a'", 5, "hostname: a'")])
def test_a_line_of_a_part(content: str, line: int, caret: str) -> None:
    (found,) = findings(part(content))
    assert found[:2] == (line, caret)


def test_a_line_of_a_part_that_cannot_be_shown_is_said() -> None:
    (found,) = findings(part('"#cloud-config\\nhostname: a\\n"'))
    assert found[0] == 5 and found[2].endswith("(line 2 of the text)")


def test_a_scripts_first_line_is_shown() -> None:
    (found,) = findings(part("|\n        echo é", "script"))
    assert found[:2] == (6, "echo é")


def test_the_last_of_two_keys_is_meant() -> None:
    """As YAML itself takes it."""
    content = f"{BLOCK}runcmd: [true]\n        runcmd: [false]"
    assert [found[:2] for found in findings(part(content))][-1] == (8, "false]")
