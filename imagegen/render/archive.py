"""The node's check as one file: `ipvs-check.pyz`, the same bytes from the same sources."""

from __future__ import annotations

import hashlib
import io
import zipfile
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path

from imagegen import __version__
from imagegen.common.errors import ToolError
from imagegen.node.brief import BRIEF

SHEBANG = b"#!/usr/bin/env python3\n"
NODE = Path(__file__).resolve().parent.parent / "node"
PYROUTE2 = "0.9.7"
LICENCE = "LICENSE.Apache-2.0"
# what `import pyroute2.ipvs` takes; a test compares it with what Python really loads
VENDORED = (
    "common.py",
    "config/__init__.py",
    "ipvs.py",
    "netlink/__init__.py",
    "netlink/core.py",
    "netlink/coredata.py",
    "netlink/exceptions.py",
    "netlink/generic/__init__.py",
    "netlink/generic/ipvs.py",
    "netlink/marshal.py",
    "netlink/nlsocket.py",
    "netlink/rt_files.py",
    "netlink/rtnl/__init__.py",
    "netlink/rtnl/ifinfmsg/__init__.py",
    "netlink/rtnl/ifinfmsg/plugins/__init__.py",
    "netlink/rtnl/ifinfmsg/plugins/bond.py",
    "netlink/rtnl/ifinfmsg/plugins/can.py",
    "netlink/rtnl/ifinfmsg/plugins/geneve.py",
    "netlink/rtnl/ifinfmsg/plugins/gtp.py",
    "netlink/rtnl/ifinfmsg/plugins/ipoib.py",
    "netlink/rtnl/ifinfmsg/plugins/ipvlan.py",
    "netlink/rtnl/ifinfmsg/plugins/team.py",
    "netlink/rtnl/ifinfmsg/plugins/tun.py",
    "netlink/rtnl/ifinfmsg/plugins/tuntap.py",
    "netlink/rtnl/ifinfmsg/plugins/vlan.py",
    "netlink/rtnl/ifinfmsg/plugins/vrf.py",
    "netlink/rtnl/ifinfmsg/plugins/vti.py",
    "netlink/rtnl/ifinfmsg/plugins/vti6.py",
    "netlink/rtnl/ifinfmsg/plugins/vxlan.py",
    "netlink/rtnl/ifinfmsg/plugins/xfrm.py",
    "netlink/rtnl/iw_event.py",
    "netns/__init__.py",
    "process.py",
    "requests/__init__.py",
    "requests/common.py",
    "requests/main.py",
    "statsd.py",
)
DATE = (1980, 1, 1, 0, 0, 0)  # the oldest that a ZIP can tell


@cache
def check_archive() -> bytes:
    """The check with its copy of pyroute2, packed once in a process.

    Raises ToolError where that is not the right version.
    """
    members = _node() | _pyroute2()
    digest = _digest(members)
    members["__main__.py"] = (NODE / "bootstrap.py").read_bytes()
    members["digest"] = digest.encode()
    # the second line is what whoever starts it reads: a ZIP's own list is at its end
    return SHEBANG + f"#{digest}\n".encode() + _zipped(members)


def _node() -> dict[str, bytes]:
    """The check's own sources, as the package `ipvs_check`."""
    left_out = ("__main__.py", "bootstrap.py")
    members = {
        f"ipvs_check/{path.relative_to(NODE)}": path.read_bytes()
        for path in sorted(NODE.rglob("*.py")) if path.name not in left_out
    }
    members["ipvs_check/brief.py"] = f"BRIEF = {BRIEF!r}\n".encode()
    members["ipvs_check/build.py"] = _stamped("build.py", b'"checkout"', __version__)
    return members


def _stamped(name: str, mark: bytes, value: str) -> bytes:
    source = (NODE / name).read_bytes()
    assert source.count(mark) == 1, f"{name} has no place for {value}"
    return source.replace(mark, f'"{value}"'.encode())


def _pyroute2() -> dict[str, bytes]:
    """The part of the installed pyroute2 that the check imports, and its licence."""
    # not importlib.util's: the check itself puts a bare pyroute2 into sys.modules
    spec = PathFinder.find_spec("pyroute2")
    if spec is None or spec.origin is None:
        raise ToolError("pyroute2 is not installed", hint=f"pip install pyroute2=={PYROUTE2}")
    package = Path(spec.origin).parent
    licence = package.parent / f"pyroute2-{PYROUTE2}.dist-info" / "licenses" / LICENCE
    if not licence.exists():
        raise ToolError(f"the installed pyroute2 is not {PYROUTE2}, the only one that reads IPVS "
                        "rightly", hint=f"pip install pyroute2=={PYROUTE2}")
    members = {f"vendor/pyroute2/{name}": (package / name).read_bytes() for name in VENDORED}
    return members | {f"vendor/pyroute2/{LICENCE}": licence.read_bytes()}


def _digest(members: dict[str, bytes]) -> str:
    digest = hashlib.sha256((NODE / "bootstrap.py").read_bytes())
    for name, data in sorted(members.items()):
        digest.update(f"{name} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def _zipped(members: dict[str, bytes]) -> bytes:
    # stored: deflated bytes would differ from one zlib to the next
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as packed:
        for name, data in sorted(members.items()):
            member = zipfile.ZipInfo(name, DATE)
            member.create_system = 3  # Unix, whatever the machine
            member.external_attr = 0o100644 << 16
            packed.writestr(member, data)
    return buffer.getvalue()
