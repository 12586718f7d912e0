"""What a shell offers for the values of `init`'s options."""

from __future__ import annotations

from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

# option -> field, for the options whose earlier answers decide what else fits
_DECIDE = {"distribution": "os.distribution", "release": "os.release"}


def complete_field(path: str) -> Callable[[click.Context, click.Parameter, str],
                                          list[CompletionItem]]:
    """The values of a field that begin so and fit the distribution and release already typed."""

    def complete(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
        from imagegen.pages.starter import known_values

        answers = {field: value for option, field in _DECIDE.items()
                   if field != path and (value := context.params.get(option))}
        return [CompletionItem(value) for value in known_values(path, answers)
                if value.startswith(begun)]

    return complete
