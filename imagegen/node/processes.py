"""The programs that run: their command lines, read once a check, kernel threads left out."""

from __future__ import annotations

from .model import CannotTell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import Node

# of kthreadd: half of a node's processes are kernel threads and have no command line
THREADS = "/proc/2/task/2/children"
CONTAINERS = (b"kubepods", b"docker", b"crio", b"containerd", b"libpod", b"/lxc")


class Process:
    """A running program: its number and its words, the program's path first."""

    __slots__ = ("argv", "pid")

    def __init__(self, pid: int, argv: list[str]) -> None:
        self.pid, self.argv = pid, argv

    @property
    def name(self) -> str:
        """The program's name without its folders."""
        return self.argv[0].rpartition("/")[2]


def all_processes(node: Node) -> list[Process]:
    """Every program of the node, containers' too. Raises CannotTell where /proc lists none."""
    threads = set((node.read(THREADS) or b"").decode("ascii", "replace").split())
    numbers = [name for name in node.names("/proc") if name.isdigit() and name not in threads]
    if not numbers:
        raise CannotTell("/proc lists no processes")
    found = [(int(number), _argv(node, number)) for number in numbers]
    return [Process(pid, argv) for pid, argv in found if argv]


def _argv(node: Node, number: str) -> list[str]:
    try:
        with open(node.path(f"/proc/{number}/cmdline"), "rb", buffering=0) as file:
            text = file.read()
    except OSError:
        return []  # it has ended meanwhile
    return text.decode("utf-8", "replace").rstrip("\0").split("\0") if text.strip(b"\0") else []


def without_forks(node: Node, same: list[Process]) -> list[Process]:
    """Programs of one name without their forks, which wear its command line until execve.

    kube-proxy starts iptables and ipset all day long: a check sees such a child now and then.
    """
    numbers = {one.pid for one in same}
    return same if len(same) < 2 else [
        one for one in same if _parent(node, one.pid) not in {None, *numbers}]


def _parent(node: Node, pid: int) -> int | None:
    """proc_pid_stat(5): the fourth word, behind a name that may hold anything; None if it ended."""
    _, _, rest = (node.read(f"/proc/{pid}/stat") or b"").rpartition(b")")
    words = rest.split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else None


def in_container(node: Node, pid: int) -> bool:
    """Whether its control group is a container's."""
    group = node.read(f"/proc/{pid}/cgroup") or b""
    return any(word in group for word in CONTAINERS)


def elsewhere(node: Node, pid: int) -> bool:
    """Whether it has a network of its own, so that nothing it does there concerns this node."""
    own, theirs = node.link("/proc/self/ns/net"), node.link(f"/proc/{pid}/ns/net")
    return own is not None and theirs is not None and own != theirs
