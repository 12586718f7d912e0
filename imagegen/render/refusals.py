"""What only a rendered tree shows to be wrong, as findings: `check` and `render` say the same."""

from __future__ import annotations

from dataclasses import replace

from imagegen.common.errors import InputError
from imagegen.profile.check import Checked
from imagegen.profile.problem import Finding
from imagegen.render.render import render


def with_refusals(checked: Checked) -> Checked:
    """A file's findings with those of rendering it, where there are no errors before."""
    if checked.profile is None:
        return checked
    try:
        render(checked.profile)
    except InputError as error:
        found = tuple(Finding.of(each) for each in error.each)
        return replace(checked, profile=None, findings=(*checked.findings, *found))
    return checked
