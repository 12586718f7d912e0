"""cloud-init/README.md: what each datasource carries of this profile's user-data, and how."""

from __future__ import annotations

from collections.abc import Mapping

from imagegen.knowledge.datasources import CARRIERS, Datasource, Form
from imagegen.render.userdata import carried

_FORMS = {Form.PLAIN: "as it is", Form.GZIP: "gzip", Form.BASE64: "base64",
          Form.GZIP_BASE64: "gzip, base64"}
_TEXT = """# User-data

`baked/` is what one node of the baked image needs at its first boot; `full/` makes a stock cloud
image the same node, where the way carries so much. Both are examples of one node: `imagegen seed`
writes the real ones, with their secrets. The examples name a kubeconfig whose cluster has no
certificate authority, and a token's file that they do not write: kube-proxy cannot log in by them.
`imagegen seed --ca FILE --token env:NAME` brings both, and `imagegen seed --help` says where they
come from.

This profile's datasource is **{datasource}** (`cloudInit.datasource`): {hand_over}.

Bytes as each datasource counts them:

| datasource | at most | {names} |
|---|---:|{columns}
{rows}

{absent}Limits:

{sources}
"""
_ABSENT = """There is no `full/` here: {lost}. Bake the image.

"""


def readme(datasource: Datasource, documents: Mapping[str, bytes], lost: str) -> bytes:
    """The table, how to hand a document over, and why `full/` is not there if it is not."""
    rows = [f"| {known} | {_limit(known)} | "
            + " | ".join(_cell(known, data) for data in documents.values()) + " |"
            for known in Datasource]
    return _TEXT.format(
        datasource=datasource, hand_over=CARRIERS[datasource].hand_over,
        names=" | ".join(f"{name}/user-data" for name in documents),
        columns="---|" * len(documents), rows="\n".join(rows),
        absent=_ABSENT.format(lost=lost) if lost else "",
        sources="\n".join(f"- {known}: {CARRIERS[known].source}" for known in Datasource),
    ).encode()


def _limit(datasource: Datasource) -> str:
    limit = CARRIERS[datasource].limit
    return "no limit" if limit is None else str(limit)


def _cell(datasource: Datasource, data: bytes) -> str:
    found = carried(datasource, data)
    return f"too large ({len(data)})" if found is None else f"{found.size}, {_FORMS[found.form]}"
