"""The pages of the node's own programs: units and the container runtime."""

from __future__ import annotations

from . import Page

PAGES: dict[str, Page] = {
    "unit": Page(
        "A unit is active, enabled, disabled or masked as baked",
        "`systemctl show {name}`; without systemd its links under /etc and /usr/lib",
        "A unit that is not enabled is gone after the next reboot, one that should be masked "
        "(Debian's ipvsadm.service, firewalld) flushes kube-proxy's table when it starts.",
        "`journalctl -b -u {name}` says why it does not run; `systemctl enable`, `disable` or "
        "`mask` mend the rest.",
        "systemctl(1), systemd.unit(5)",
    ),
    "runtime": Page(
        "containerd listens, and systemd owns the cgroups",
        "{socket}, and what `containerd config dump` prints",
        "kubelet and containerd that disagree on who owns the cgroups start pods that die under "
        "load, with no message that says so.",
        "Set SystemdCgroup = true under runc's options in /etc/containerd/config.toml, and "
        "restart containerd.",
        "https://kubernetes.io/docs/setup/production-environment/container-runtimes/",
    ),
}
