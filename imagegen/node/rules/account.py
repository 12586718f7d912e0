"""An account: in the books, without a password, in its groups, and found by sshd."""

from __future__ import annotations

from ..accounts import GROUP, PASSWD, SHADOW, entry
from ..model import BAKE, Outcome, ok, red

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

# sshd that a socket starts has no folder until somebody comes
SSHD = ("sh", "-c", 'mkdir -p /run/sshd && exec sshd -T -C "$1"', "sshd")


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """The first thing that is not as the profile wants it."""
    name = expect["name"]
    wanted = f"the account {name}, without a password"
    trouble = _book(expect, node) or _groups(expect, node) or _sshd(expect, node)
    if trouble:
        return red(wanted, trouble[0], trouble[1])
    return ok(wanted, "there")


def _book(expect: dict[str, Any], node: Node) -> tuple[str, str] | None:
    name, shell = expect["name"], expect["shell"]
    line = entry(node, PASSWD, name)
    if line is None:
        return f"there is no account {name}", f"Run `useradd -m -s {shell} {name}`."
    if line[-1] != shell:
        return f"its shell is {line[-1]}", f"Run `usermod -s {shell} {name}`."
    if not node.executable(shell):
        return f"its shell {shell} cannot be run", f"Install what brings {shell}."
    secret = (entry(node, SHADOW, name) or ["", "", ""])[1]
    if not secret.startswith(("!", "*")):
        return "it has a password", f"Run `passwd -l {name}`."
    return None


def _groups(expect: dict[str, Any], node: Node) -> tuple[str, str] | None:
    name = expect["name"]
    lacking = [group for group in expect["groups"] if not _member(node, name, group)]
    if lacking:
        return f"it is not in {', '.join(lacking)}", (
            f"Run `usermod -aG {','.join(lacking)} {name}`.")
    return None


def _member(node: Node, name: str, group: str) -> bool:
    line, own = entry(node, GROUP, group), entry(node, PASSWD, name)
    if line is None:
        return False
    return name in line[-1].split(",") or (own is not None and own[3] == line[2])


def _sshd(expect: dict[str, Any], node: Node) -> tuple[str, str] | None:
    """Not at bake, where the build's own drop-in rules until the seal takes it away."""
    name, keys = expect["name"], expect.get("keys")
    if not keys or node.level == BAKE or not node.host.live:
        return None
    code, text = node.host.output([*SSHD, f"user={name},host=localhost,addr=127.0.0.1"])
    said = text.decode("utf-8", "replace")
    if code != 0:
        return f"sshd -T fails: {said.strip()[:120]}", "Mend sshd's configuration."
    row = next((row for row in said.splitlines() if row.startswith("authorizedkeysfile ")), "")
    if keys not in row.replace("%u", name).split():
        return f"sshd looks for its keys in {row[len('authorizedkeysfile '):] or 'no file'}", (
            "Remove the AuthorizedKeysFile of another file in /etc/ssh.")
    return None
