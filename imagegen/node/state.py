"""The node as the rules see it: each thing is read once, when the first rule asks for it."""

from __future__ import annotations

import os

from .expectations import Expectations, NodeSettings
from .host import Host
from .model import CannotTell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from .addresses import Address
    from .api.look import Seen
    from .chains import Chain
    from .ipset import Set
    from .ipvs_proc import Table
    from .kernel_modules import Modprobe
    from .processes import Process
    from .sysctl_files import SysctlFiles
    from .units import Unit
    from .whose import Strangers

    T = TypeVar("T")

NETWORK = "/sys/class/net"
SAVE_SECONDS = 60.0  # 35,000 lines of a mode that was left take iptables-nft a while


class Node:
    """One node under `root`, judged at one level; files below, `host` for what is no file."""

    def __init__(
        self, root: str, host: Host, level: str, expectations: Expectations, settings: NodeSettings
    ) -> None:
        self.root = root.rstrip("/")
        self.host, self.level = host, level
        self.expectations, self.settings = expectations, settings
        self._kept: dict[str, Any] = {}
        self._fresh: dict[str, Any] = {}

    def refresh(self) -> None:
        """Forget what kube-proxy changes while the check waits."""
        self._fresh.clear()

    # files

    def path(self, path: str) -> str:
        """Where an absolute path of the node lies here; a link in it leads within the root."""
        return _within(self.root, path) if self.root else path

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None where it is not there. Raises CannotTell for any other trouble."""
        try:
            # unbuffered: one read call fetches what /proc gives, and no buffer is copied twice
            with open(self.path(path), "rb", buffering=0) as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError, ProcessLookupError):
            return None  # the last one: a process ended between open and read
        except OSError as error:
            raise CannotTell(f"{path} cannot be read: {error.strerror}") from None

    def names(self, path: str) -> list[str]:
        """A folder's entries, sorted; empty where there is none."""
        try:
            return sorted(os.listdir(self.path(path)))
        except OSError:
            return []

    def exists(self, path: str) -> bool:
        """Whether anything lies there, a dangling link too."""
        return os.path.lexists(self.place(path))

    def link(self, path: str) -> str | None:
        """What a symbolic link says; None where there is none."""
        try:
            return os.readlink(self.place(path))
        except OSError:
            return None

    def place(self, path: str) -> str:
        """Where a path's last part lies here, though it be a link."""
        folder, _, name = path.rpartition("/")
        return f"{self.path(folder)}/{name}"

    def executable(self, path: str) -> bool:
        """Whether it is a file that can be run."""
        real = self.path(path)
        return os.path.isfile(real) and os.access(real, os.X_OK)

    # what several rules share

    def kernel(self) -> str:
        """The running kernel's release, as `uname -r` says it."""
        release = self.read("/proc/sys/kernel/osrelease")
        return (release or os.uname().release.encode()).decode().strip()

    def boot_words(self) -> list[str]:
        """The words of the running kernel's command line."""
        text = self._keep("cmdline", lambda: self.read("/proc/cmdline") or b"")
        return text.decode("utf-8", "replace").split()

    def books(self, path: str) -> bytes | None:
        """A package manager's list behind an empty line, read once; None where there is none."""
        def lines() -> bytes | None:
            text = self.read(path)
            return None if text is None else b"\n" + text

        return self._keep(path, lines)

    def sysctl_files(self) -> SysctlFiles:
        """Every assignment under sysctl.d, in the order of its application."""
        from .sysctl_files import SysctlFiles

        return self._keep("sysctl", lambda: SysctlFiles(self))

    def loaded(self) -> set[str]:
        """The modules of /proc/modules, `_` for `-`."""
        from .kernel_modules import loaded

        return self._keep("modules", lambda: loaded(self))

    def modprobe(self) -> Modprobe:
        """What modprobe.d and modules-load.d say."""
        from .kernel_modules import Modprobe

        return self._keep("modprobe", lambda: Modprobe(self))

    def why_missing(self, module: str) -> str:
        """Behind `PATH is not there`: what is known of the module that brings it."""
        from .kernel_modules import is_at_work

        at_work = is_at_work(self, module)
        return f", though {module} is loaded" if at_work else f", and {module} is not loaded"

    def processes(self) -> list[Process]:
        """Every program that runs."""
        from .processes import all_processes

        return self._now("processes", lambda: all_processes(self))

    def table(self) -> Table:
        """The IPVS table as /proc/net/ip_vs gives it. Raises CannotTell where it has none."""
        return self._now("table", self._table)

    def table_again(self) -> Table:
        """The table, read anew; the devices' addresses as well, when they are asked for."""
        for name in [one for one in self._fresh
                     if one in ("table", "strangers") or one.startswith("addresses")]:
            del self._fresh[name]
        return self.table()

    def units(self) -> dict[str, Unit]:
        """Every unit that a fact names, and kube-proxy's, asked at once."""
        from .units import all_units

        return self._now("units", lambda: all_units(self))

    def addresses(self) -> list[Address]:
        """Every address of the node."""
        return self._now("addresses", self.host.addresses)

    def chains(self) -> set[Chain]:
        """Every chain of the packet filter: family, table, name. Raises CannotTell."""
        from .chains import all_chains

        return self._now("chains", lambda: all_chains(self))

    def saved(self, program: str) -> str:
        """What iptables-save or its kin prints. Raises CannotTell."""
        def printed() -> str:
            code, text = self.host.output([program], timeout=SAVE_SECONDS)
            said = text.decode("utf-8", "replace")
            if code:
                raise CannotTell(f"`{program}` fails: {said.strip()[-160:]}")
            return said

        return self._now(program, printed)

    def cluster(self, expect: dict[str, Any]) -> Seen:
        """The API server's side beside the table's. Raises CannotTell, the same to each rule."""
        from .api.look import looked

        found = self._now("cluster", lambda: looked(expect, self))
        if isinstance(found, CannotTell):
            raise found
        return found

    def sets(self) -> dict[str, Set]:
        """The head of every ipset. Raises CannotTell."""
        return self._now("sets", self.host.sets)

    def strangers(self, expect: dict[str, Any]) -> Strangers:
        """The virtual servers that are none of kube-proxy's. Raises CannotTell.

        Every fact of a profile that asks gives the same ranges.
        """
        from .whose import strangers

        return self._now("strangers", lambda: strangers(expect, self))

    def addresses_of(self, name: str, others: bool = False) -> set[bytes]:
        """The packed addresses of a device, or of all devices but this; empty for none."""
        def made() -> tuple[set[bytes], set[bytes]]:
            index, entries = self.interface(name), self.addresses()
            return ({entry[2] for entry in entries if entry[0] == index},
                    {entry[2] for entry in entries if entry[0] != index})

        return self._now(f"addresses {name}", made)[others]

    def interface(self, name: str) -> int | None:
        """An interface's index; None where there is no such interface."""
        index = self.read(f"{NETWORK}/{name}/ifindex")
        return int(index) if index else None

    def _table(self) -> Table:
        from .ipvs_proc import Table

        text = self.read("/proc/net/ip_vs")
        if text is None:
            raise CannotTell(f"/proc/net/ip_vs is not there{self.why_missing('ip_vs')}")
        return Table(text)

    def _keep(self, name: str, make: Callable[[], T]) -> T:
        if name not in self._kept:
            self._kept[name] = make()
        kept: T = self._kept[name]
        return kept

    def _now(self, name: str, make: Callable[[], T]) -> T:
        if name not in self._fresh:
            self._fresh[name] = make()
        fresh: T = self._fresh[name]
        return fresh


def _within(root: str, path: str, links: int = 40) -> str:
    """A path below a root as that root's own system would resolve it; `..` ends at the root."""
    done: list[str] = []
    rest = path.split("/")[::-1]
    while rest:
        part = rest.pop()
        if part in ("", "."):
            continue
        if part == "..":
            done = done[:-1]
            continue
        here = "/".join((root, *done, part))
        if links and os.path.islink(here):
            links -= 1
            target = os.readlink(here)
            done = [] if target.startswith("/") else done
            rest += target.split("/")[::-1]
        else:
            done.append(part)
    return "/".join((root, *done))
