"""Pages as Markdown files: one for each field and rule, and a list of each kind."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.pages import FieldPage, RulePage, field_pages, rule_pages
from imagegen.node.pages import Page, general
from imagegen.node.pages import pages as check_pages
from imagegen.pages.examples import as_yaml, example
from imagegen.pages.explain import brief_of, facts_of
from imagegen.pages.walk import Field, fields

MADE = "<!-- Written by `imagegen explain --write docs`, from imagegen/knowledge/pages/. -->\n"
MADE_OF_CHECK = "<!-- Written by `imagegen explain --write docs`, from imagegen/node/pages/. -->\n"


def field_files() -> dict[str, str]:
    """The folder of fields: file name to text."""
    known = [field for field in fields() if not field.section]
    pages = field_pages()
    return {"README.md": _fields_list(), **{file_of(field.path): _field(field, pages[field.path])
                                            for field in known}}


def rule_files() -> dict[str, str]:
    """The folder of rules: file name to text."""
    pages = dict(sorted(rule_pages().items()))
    rows = "".join(f"| [{rule}]({rule}.md) | {_cell(page.title)} |\n"
                   for rule, page in pages.items())
    text = (f"{MADE}# Rules\n\nWhat `imagegen check` can find, under the name in its brackets.\n\n"
            f"| rule | what it finds |\n|---|---|\n{rows}")
    return {"README.md": text, **{f"{rule}.md": _rule(rule, page) for rule, page in pages.items()}}


def check_files() -> dict[str, str]:
    """The folder of the node's check: file name to text."""
    pages = dict(sorted(check_pages().items()))
    rows = "".join(f"| [{rule}]({rule}.md) | {page.severity} | {_cell(page.title)} |\n"
                   for rule, page in pages.items())
    text = (f"{MADE_OF_CHECK}# Rules of the node's check\n\nWhat a verdict judges a node by. "
            "`ipvs-check explain RULE` shows the same pages on a node, `imagegen explain "
            "check.RULE` away from one. Only an error makes a node red.\n\n"
            f"| rule | severity | on a healthy node |\n|---|---|---|\n{rows}")
    return {"README.md": text, **{f"{rule}.md": _check_rule(rule, page)
                                  for rule, page in pages.items()}}


def _check_rule(rule: str, page: Page) -> str:
    reads, why, mend = (general(text) for text in (page.reads, page.why, page.mend))
    return (f"{MADE_OF_CHECK}# {rule}\n\n{page.title}.\n\n- severity: {page.severity}\n"
            f"- reads: {reads}\n\n## Why it matters\n\n{why}\n\n## How to mend it\n\n{mend}\n\n"
            f"Source: {page.source}\n\n[All rules](README.md)\n")


def file_of(path: str) -> str:
    """The file of a field's page: a path without what file systems and links take amiss."""
    return f"{path.replace('[]', '').replace('*', 'KEY')}.md"


def _fields_list() -> str:
    return (f"{MADE}# Fields\n\nAll that can stand in a profile. `imagegen explain FIELD` shows "
            "the same pages.\n" + "".join(_sections()))


def _sections() -> Iterator[str]:
    """Each section with the fields right in it."""
    known = list(fields())
    top = [field for field in known if not field.parent and not field.section]
    yield _table("The profile itself", "", top)
    for section in known:
        inside = [field for field in known if field.parent == section.path and not field.section]
        if section.section and inside:
            page = field_pages().get(section.path)
            yield _table(f"`{section.path}`", page.meaning if page else section.doc, inside)


def _table(title: str, text: str, inside: list[Field]) -> str:
    rows = "".join(f"| [{_cell(field.path)}]({file_of(field.path)}) | {_cell(brief_of(field))} | "
                   f"{_code(field.default_words)} |\n" for field in inside)
    return (f"\n## {title}\n\n{text}{2 * chr(10) if text else ''}"
            f"| field | meaning | default |\n|---|---|---|\n{rows}")


def _field(field: Field, page: FieldPage) -> str:
    facts = "".join(f"- {name}: {_code(text) if name == 'default' else text}\n"
                    for name, text in facts_of(field, page))
    return (f"{MADE}# `{field.path}`\n\n{page.meaning}\n\n{facts}\n"
            f"## Without it, or with a wrong value\n\n{page.without}\n\n"
            f"## Example\n\n{_block(as_yaml(example(field.path, page)))}\n"
            f"Source: {page.source}\n\n[All fields](README.md)\n")


def _rule(rule: str, page: RulePage) -> str:
    wrong = page.example if isinstance(page.example, str) else as_yaml(page.example)
    return (f"{MADE}# {rule}\n\n{page.title}.\n\n## Why\n\n{page.why}\n\n"
            f"## What to do\n\n{page.do}\n\n## What it refuses\n\n{_block(wrong)}\n"
            f"Source: {page.source}\n\n[All rules](README.md)\n")


def _block(text: str) -> str:
    return f"```yaml\n{text.rstrip()}\n```\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    return text if text.startswith(("none:", "unset")) else f"`{_cell(text)}`"
