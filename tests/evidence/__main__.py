"""`python -m tests.evidence`: write the documents anew from the evidence that is kept.

A run of `./dev wide` does it by itself. By hand it is needed after a change of what a profile
renders: the rows that were seen before then say so.
"""

from __future__ import annotations

from imagegen.common.files import write_atomic
from tests.evidence import red_rules
from tests.guests import matrix, seen_immutable


def write_documents() -> None:
    """docs/matrix.md, docs/immutable.md and docs/red-rules.md."""
    write_atomic(matrix.DOCUMENT, matrix.compute_document(matrix.read_rows()).encode())
    text = seen_immutable.DOCUMENT.read_text()
    table = seen_immutable.compute_document(text, seen_immutable.read_rows())
    write_atomic(seen_immutable.DOCUMENT, table.encode())
    page = red_rules.compute_document(red_rules.read_red_rules())
    write_atomic(red_rules.DOCUMENT, page.encode())


if __name__ == "__main__":
    write_documents()
