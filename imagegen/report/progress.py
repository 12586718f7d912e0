"""Progress for a person: one living line on a terminal, plain lines in a pipe."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text


class Drawn:
    """Steps with their elapsed time; on a terminal the last line of the work in hand below them."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._began = time.monotonic()
        self._title, self._line, self._since = "", "", self._began
        self._lock = threading.Lock()
        self._live = Live(console=self._console, get_renderable=self._now, transient=True,
                          refresh_per_second=4) if self._console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 *_: BaseException | TracebackType | None) -> None:
        if kind is None:
            self._finish()
        if self._live:
            self._live.stop()

    def step(self, title: str) -> None:
        """A new step; the one before it stays behind with the seconds it took."""
        with self._lock:
            self._finish()
            self._title, self._line, self._since = title, "", time.monotonic()
            if not self._live:
                self._console.print(f"[{self._since - self._began:6.1f} s] {title}", markup=False,
                                    soft_wrap=True)

    def line(self, text: str) -> None:
        """Shown on a terminal only; a pipe gets the steps."""
        self._line = text

    def _finish(self) -> None:
        if self._title and self._live:
            took = time.monotonic() - self._since
            self._console.print(Text(f"{took:6.1f} s  {self._title}"))

    def _now(self) -> Text:
        took = time.monotonic() - self._since
        width = max(20, self._console.width - 2)
        last = f"\n          {self._line}"[: width + 10] if self._line else ""
        return Text(f"{took:6.1f} s  {self._title}{last}", no_wrap=True, overflow="ellipsis")


def drawn() -> Drawn:
    """Progress on standard error."""
    sys.stdout.flush()
    return Drawn()
