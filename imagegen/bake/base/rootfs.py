"""mmdebstrap: packages from the mirror to a tar of a root."""

from __future__ import annotations

import os
from pathlib import Path

from imagegen.bake.base.spec import BaseSpec
from imagegen.bake.base.stock import KEYRING
from imagegen.bake.tools import find_tool, install_hint, locate_tool
from imagegen.common.errors import ToolError
from imagegen.common.progress import Progress
from imagegen.common.run import run
from imagegen.knowledge.tools import Tool

# A mirror that stops in the middle ends the build within these, not never.
WHOLE_SECONDS = 3600.0
APT_OPTIONS = (
    'Acquire::Retries "3"',
    'Acquire::http::Timeout "20"',
    'Acquire::https::Timeout "20"',
    'Acquire::Languages "none"',
    'Dpkg::Use-Pty "false"',
    # apt's own user may not enter a private folder; apt would say so and do the same
    'APT::Sandbox::User "root"',
)
# Before the kernel comes: in a chroot the initrd's maker cannot see the root's type by itself,
# and would leave fsck out.
INITRD_HOOK = (
    'mkdir -p "$1/etc/initramfs-tools/conf.d"'
    ' && echo FSTYPE=ext4 >"$1/etc/initramfs-tools/conf.d/root"'
)


def make_root(spec: BaseSpec, tar: Path, epoch: int, log: Path, progress: Progress) -> None:
    """Install the spec's packages into a new root and tar it, its package indexes still inside.

    Raises ToolError where that needs root, or where apt or dpkg fail.
    """
    find_tool(Tool.DEBIAN_KEYS)
    mode = installation_mode()
    env = {"SOURCE_DATE_EPOCH": str(epoch), "TZ": "UTC", "DEBIAN_FRONTEND": "noninteractive"}
    if mode == "root":
        # beside the result, where the next run finds and removes what a kill -9 left; in unshare
        # mode the foreign user ids could not enter there
        env["TMPDIR"] = str(tar.parent)
    argv = [*(_leash() if mode == "root" else ()), *mmdebstrap_argv(spec, tar, mode)]
    run(argv, env=env, log=log, on_line=progress.line, timeout=WHOLE_SECONDS)


def mmdebstrap_argv(spec: BaseSpec, tar: Path, mode: str) -> list[str]:
    """The command that makes the root; pure but for finding mmdebstrap."""
    options = [f"--aptopt={option}" for option in APT_OPTIONS]
    sources = [
        f"deb [signed-by={KEYRING}] {mirror} {suite} main" for mirror, suite in spec.archives()
    ]
    return [
        find_tool(Tool.MMDEBSTRAP), f"--mode={mode}", "--variant=minbase", "--verbose",
        f"--architectures={spec.architecture}", f"--include={','.join(spec.packages)}",
        # kept, for they tell which state of the mirror apt really read; the tree drops them
        "--skip=cleanup/apt/lists",
        f"--essential-hook={INITRD_HOOK}",
        *options, spec.suite, str(tar), *sources,
    ]  # fmt: skip


def installation_mode() -> str:
    """mmdebstrap's mode for this user. Raises ToolError where it has none."""
    if os.geteuid() == 0:
        return "root"
    trial = run([find_tool(Tool.UNSHARE), "--user", "--map-root-user", "true"], check=False)
    if trial.code == 0 and _has_newuidmap():
        return "unshare"
    raise ToolError(
        "making a base image needs root, and this user cannot take root's place: "
        + (trial.output.strip() or "newuidmap is not installed"),
        hint="run it with sudo, or allow user namespaces "
        f"({install_hint([Tool.NEWUIDMAP])}, a line for this user in "
        "/etc/subuid and /etc/subgid, kernel.unprivileged_userns_clone=1)",
    )


def _has_newuidmap() -> bool:
    return locate_tool(Tool.NEWUIDMAP) is not None


def _leash() -> list[str]:
    """A prefix under which every process of mmdebstrap dies with us, even by SIGKILL.

    The kernel sends a child its parent's death but not a grandchild; a process namespace whose
    first process dies takes all others with it. A mount namespace likewise takes the mounts.
    """
    own = ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child=KILL"]
    # in a chroot that is no mount point, the mounts cannot be made private (EINVAL)
    for namespaces in (["--mount", "--propagation", "private"], []):
        prefix = [*own, *namespaces, "--"]
        if run([*prefix, "true"], check=False).code == 0:
            return prefix
    return []
