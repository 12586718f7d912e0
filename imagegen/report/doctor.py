"""An examination of this machine in words, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from imagegen.bake.doctor import Diagnosis, Examination, State, Use
from imagegen.common.columns import wrapped
from imagegen.report.words import CYAN, GREEN, PLAIN, RED, YELLOW, Look

FORMAT = 1
_HUES = {State.OK: GREEN, State.NOTE: CYAN, State.MISSING: RED, State.TOO_OLD: YELLOW}
# what is worst stands last, where a terminal shows it
_ORDER = (State.OK, State.NOTE, State.TOO_OLD, State.MISSING)
_STATE_WIDTH = max(map(len, State)) + 2


def examination_text(examination: Examination, look: Look) -> str:
    """For a person: a line for each thing, what is wrong last; ends with a newline."""
    width = max((len(one.subject) for one in examination.diagnoses), default=0) + 2
    ordered = sorted(examination.diagnoses, key=lambda one: _ORDER.index(one.state))
    lines = [f"{examination.machine.title}, for {', '.join(examination.verbs)}", ""]
    lines += [line for one in ordered for line in _lines(one, width, look)]
    return "\n".join([*lines, *_end(examination, look)]) + "\n"


def _lines(one: Diagnosis, width: int, look: Look) -> Iterator[str]:
    mark = one.state.value.ljust(_STATE_WIDTH)
    if look.colour:
        mark = f"{_HUES[one.state]}{mark}{PLAIN}"
    yield f"  {mark}{one.subject.ljust(width)}{one.found}"
    if one.state is not State.OK:
        indent = " " * (_STATE_WIDTH + 2)
        for text in (f"{one.purpose} (for {_uses(one.uses)})", one.remedy):
            if text:
                yield wrapped(f"{indent}{text}", look.columns, indent, quoted=False)


def _uses(uses: tuple[Use, ...]) -> str:
    """`build and inputs where …; base`: the verbs of each case together."""
    cases = dict.fromkeys(use.case for use in uses)
    parts = []
    for case in cases:
        verbs = [use.verb for use in uses if use.case is case]
        parts.append(" and ".join(verbs) if len(verbs) < 3 else ", ".join(verbs))
        parts[-1] += f" {case}" if case else ""
    return "; ".join(parts)


def _end(examination: Examination, look: Look) -> Iterator[str]:
    if not examination.diagnoses:
        yield f"{', '.join(examination.verbs)} runs no other program"
        return
    yield ""
    hindering = [one.subject for one in examination.diagnoses if one.hinders]
    if not hindering:
        yield "nothing is missing"
        return
    yield wrapped(f"missing: {', '.join(hindering)}", look.columns)
    if examination.remedy:
        # one line, to be copied as it is
        yield f"to install: {examination.remedy}"


def examination_json(examination: Examination) -> str:
    """The same as one object."""
    document = {
        "format": FORMAT, "able": examination.able, "verbs": list(examination.verbs),
        "machine": {"id": examination.machine.id, "version": examination.machine.version,
                    "title": examination.machine.title},
        "remedy": examination.remedy,
        "diagnoses": [
            {"subject": one.subject, "state": one.state.value, "found": one.found,
             "purpose": one.purpose, "remedy": one.remedy,
             "uses": [{"verb": use.verb, "when": use.case.value if use.case else ""}
                      for use in one.uses]}
            for one in examination.diagnoses],
    }
    return json.dumps(document, indent=1)
