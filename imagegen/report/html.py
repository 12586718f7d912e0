"""Verdicts as one HTML page that needs nothing else: no network, no server, no other file.

What nodes say travels as JSON in blocks that no browser runs, and the page's own script makes text
of it, never markup. The page's policy lets exactly this script and this style in, and no request.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from imagegen import __version__
from imagegen.common.assets import asset, asset_bytes
from imagegen.report.html_pack import Packer
from imagegen.report.html_plain import Plain
from imagegen.report.html_read import Named, Unread
from imagegen.report.html_words import shown

LONGEST_TITLE = 120
SCRIPTS = ("model", "filter", "parts", "ages", "causes", "nodes", "timeline", "table", "node",
           "facts", "differences", "printed", "keys", "address", "filter_form", "main")
STYLES = ("colours", "page", "views", "narrow", "printed")


@dataclass(frozen=True, slots=True)
class Page:
    """The page's bytes, and what it counts: all nodes, those that are not green, verdicts that were
    given before, no verdicts.
    """

    data: bytes
    nodes: int
    red: int
    repeated: int
    unread: tuple[Unread, ...]


def html_page(answers: Iterable[Named | Unread], title: str = "") -> Page:
    """The page of all verdicts; the same verdicts give the same bytes.

    The title is the profile's name where none is given.
    """
    packer, plain, nodes, red, repeated, unread = Packer(), Plain(), 0, 0, 0, []
    for answer in answers:
        if isinstance(answer, Unread):
            unread.append(answer)
        elif packer.add(answer):
            plain.add(answer)
            nodes, red = nodes + 1, red + (not answer.verdict.green)
        else:
            repeated += 1
    data = _rendered({
        "nodes": nodes, "red": red, "repeated": repeated, "unread": len(unread),
        "title": shown(title, LONGEST_TITLE) or plain.title(), "version": __version__,
        "judged": plain.judged(), "causes": plain.causes(packer.causes()), "plain": plain,
        "data": _harmless(packer.packed(unread)), "tables": _harmless(packer.tables()),
    })
    return Page(data, nodes, red, repeated, tuple(unread))


def _harmless(data: dict[str, Any]) -> str:
    """JSON that no HTML parser can take for the end of its block, in ASCII."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def _rendered(values: dict[str, Any]) -> bytes:
    import jinja2
    from markupsafe import Markup

    house = jinja2.Environment(
        loader=jinja2.FileSystemLoader(asset("templates/report")), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )
    script, style = _script(), _style() + _paper(values["judged"])
    data = {name: Markup(values.pop(name)) for name in ("data", "tables")}
    text: str = house.get_template("page.html.j2").render(
        **values, **data, script=Markup(script), style=Markup(style),
        policy=_policy(script, style))
    return text.encode()


@cache
def _script() -> str:
    parts = [asset_bytes(f"templates/report/script/{name}.js").decode() for name in SCRIPTS]
    return "\n".join(['"use strict";', "(() => {", *parts, "})();", ""])


@cache
def _style() -> str:
    return "\n".join(asset_bytes(f"templates/report/style/{name}.css").decode() for name in STYLES)


def _paper(judged: str) -> str:
    """What stands at the foot of every printed page; digits and letters of our own alone."""
    dates = f", verdicts of {judged}" if judged else ""
    return ('\n@page {\n  @bottom-left {\n    content: "imagegen report'
            f'{dates}";\n  }}\n}}\n')


def _policy(script: str, style: str) -> str:
    """Nothing is fetched, and nothing runs but what was written here (CSP level 3, Trusted Types).
    """
    return (f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
            "img-src data:; base-uri 'none'; form-action 'none'; "
            "require-trusted-types-for 'script'; trusted-types 'none'")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
