"""Pages as text for a terminal or a pipe."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from imagegen.knowledge.pages import FieldPage, RulePage, field_pages, rule_pages
from imagegen.node.pages import pages as check_pages
from imagegen.pages.examples import as_yaml, example
from imagegen.pages.walk import Field, fields

CHECK = "check."  # what a rule of the node's check is asked for with; `check` is a section, too


def overview(width: int) -> str:
    """The profile's sections."""
    top = [field for field in fields() if "." not in field.path]
    return "\n".join([
        "A profile's sections and fields:", "", *table([(field.path, brief_of(field))
                                                         for field in top], width), "",
        *wrapped("`imagegen explain kubeProxy` shows a section, `imagegen explain scheduler` a "
                  "field, `imagegen explain rules` all rules.", width)])


def rules_overview(width: int) -> str:
    """All rules, each with its title."""
    return "\n".join(table([(rule, page.title) for rule, page in sorted(rule_pages().items())],
                            width))


def field_text(field: Field, width: int) -> str:
    """A field's page, or a section's with the fields in it."""
    page = field_pages().get(field.path)
    lines = [field.path, "", *wrapped(page.meaning if page else field.doc or f"{field.words}.",
                                       width, "  "), ""]
    if not field.section:
        lines += [*table(facts_of(field, page), width), ""]
    if page:
        lines += [*_told(field.path, page, width)]
    if field.section:
        lines += ["Fields", *table([(inner.path[len(field.path):].lstrip("[]."), brief_of(inner))
                                     for inner in inside(field)], width)]
    return "\n".join(lines).rstrip()


def facts_of(field: Field, page: FieldPage | None) -> list[tuple[str, str]]:
    """What the model says of a field, and the versions that have it."""
    rows = [("type", ", ".join(filter(None, (field.words, field.limits)))),
            ("choices", ", ".join(field.choices) if len(field.choices) > 1 else ""),
            ("default", field.default_words),
            ("since", f"Kubernetes {page.since}" if page and page.since else ""),
            ("until", f"Kubernetes {page.until}" if page and page.until else "")]
    return [(name, text) for name, text in rows if text]


def _told(path: str, page: FieldPage, width: int) -> list[str]:
    return ["Without it, or with a wrong value", *wrapped(page.without, width, "  "), "",
            "Example", textwrap.indent(as_yaml(example(path, page)), "  "),
            *wrapped(f"Source: {page.source}", width), ""]


def rule_text(rule: str, page: RulePage, width: int) -> str:
    """A rule's page."""
    shown = page.example if isinstance(page.example, str) else as_yaml(page.example)
    return "\n".join([
        rule, "", *wrapped(page.title, width, "  "), "", "Why", *wrapped(page.why, width, "  "),
        "", "What to do", *wrapped(page.do, width, "  "), "", "What it refuses",
        textwrap.indent(shown.rstrip("\n"), "  "), "", *wrapped(f"Source: {page.source}", width)])


def check_text(query: str, width: int) -> str:
    """The page of a rule of the node's check, `check.RULE`, or all of them; empty for no such."""
    from imagegen.node.explain import overview as of_check
    from imagegen.node.explain import page_text

    name = query.strip().lower().replace("-", "_").removeprefix(CHECK)
    if not query.strip().lower().startswith(CHECK):
        return ""
    if name == "rules":
        return of_check(width).rstrip("\n")
    page = check_pages().get(name)
    return page_text(name, page, width).rstrip("\n") if page else ""


def inside(section: Field) -> Iterator[Field]:
    """The fields right below a section."""
    return (field for field in fields() if field.path != section.path
            and field.parent == section.path)


def brief_of(field: Field) -> str:
    """The first sentence of what is said of it."""
    page = field_pages().get(field.path)
    text = page.meaning if page else field.doc or field.words
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]


def table(rows: list[tuple[str, str]], width: int) -> list[str]:
    """Two columns; a text too long for its line goes on under its beginning."""
    column = min(max((len(name) for name, _ in rows), default=0), 48) + 4
    if width - column < 24:
        column = 6
    lines = []
    for name, text in rows:
        first, *more = textwrap.wrap(text, width - column) or [""]
        head = f"  {name}".ljust(column)
        lines += [f"{head}{first}"] if len(head) <= column else [head, " " * column + first]
        lines += [" " * column + line for line in more]
    return lines


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """A text in lines; no word is broken."""
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent,
                         break_long_words=False, break_on_hyphens=False)
