"""Values that break programs which paste text into text."""

from __future__ import annotations

from hypothesis import strategies as st

VALUES = (
    "", " ", "plain", "two words", " leading", "trailing ", "'single'", '"double"',
    "it's \"both\"", "back\\slash", "\\", "\\n", "ends with \\", "$HOME", "${HOME}",
    "$${ALREADY}", "$(id)", "`id`", "%{if true}", "%n %i %%", "%", "{{ build_name }}", "{{", "}}",
    "{% raw %}", "[[ x ]]", "{}", "[]", "-rf", "--help", "; rm -rf x", "| tee", "&& id", "> x",
    "*", "?", "~", "#comment", "a # b", "!bang", "null", "yes", "0644", "1e3", "1_000", "1:30",
    "2026-11-25", "!!str x", "&a", "*a", "|", ">", "a: b", "- a", "---", "...", "=", "==",
    "line\nbreak", "line\r\nbreak", "tab\there", "nul\0byte", "esc\x1b[31m", "bell\a", "\x7f",
    "next\x85line", "line\u2028separator", "para\u2029graph", "\ufeffbom", "nfc \u00e9",
    "nfd e\u0301", "rtl \u202e abc", "\u05d0\u05d1", "emoji \U0001f41f",
    "zwj \U0001f469\u200d\U0001f4bb", "\ufffe", "no-break\u00a0space", "０１２", "x" * 10_240,
    "é" * 5_000, "EOF\nEOF", "\n", "a\n\nb\n", "ends with newline\n", "CI_MISSING_JINJA_VAR/x",
    "## template: jinja", "PACKER_COMMA %!(PACKER_COMMA)", "a,b", "' OR 1=1", "../../etc/passwd",
    "/etc/../x", "//x", "/", "/x y", "/x\ny", "::1", "1.2.3.4%eth0", "fe80::1%${x}",
    "10.0.0.0/08", "١٠.0.0.0/8", "[::1:80", "::1:80", "1.2.3.4:٨٠", "1.2.3.4:080",
)


def texts(limit: int = 200) -> st.SearchStrategy[str]:
    """Any text that YAML can hold, the known breakers often among it."""
    free = st.text(st.characters(exclude_categories=["Cs"]), max_size=limit)
    return st.one_of(st.sampled_from(VALUES), free, st.builds("{}{}".format, free,
                                                              st.sampled_from(VALUES)))
