"""The rest of the node: packages, units that must not run, network managers, the check itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from imagegen.knowledge.datasources import consulted
from imagegen.knowledge.distributions import INSTALL, Manager, Release
from imagegen.knowledge.distributions import Package as Tool
from imagegen.knowledge.distributions.clocks import TIMESYNCD
from imagegen.knowledge.families import IP6TABLES, Family
from imagegen.knowledge.kubernetes import Mode, RunBy
from imagegen.knowledge.kubernetes_modes import IPVS_TOOLS, NFT
from imagegen.knowledge.systemd import known, service_type
from imagegen.plan.facts import (
    ALWAYS,
    BOOTED,
    Content,
    Fact,
    Json,
    Links,
    Nothing,
    Package,
    Proof,
    Rule,
    Template,
)
from imagegen.plan.node_files import file_fact
from imagegen.plan.node_network import clock_of
from imagegen.profile.image import Platform
from imagegen.profile.lints.cloud_init_values import defers
from imagegen.profile.model import Profile
from imagegen.profile.node_boot import Root

WANTS = "/etc/systemd/system/multi-user.target.wants"
CHECK_UNIT = "imagegen-check.service"
CHECK_UNIT_PATH = f"/usr/lib/systemd/system/{CHECK_UNIT}"
STARTER = Path(__file__).resolve().parents[1] / "node" / "bootstrap.py"

# The unit after which kube-proxy may run, by who runs it: the check's first look comes after it.
_STARTERS = {RunBy.SYSTEMD: "kube-proxy.service", RunBy.KUBEADM: "kubelet.service", RunBy.NONE: ""}

# Left by a build that was not sealed; each would let somebody in or make two nodes one.
BUILD_LEFTOVERS = ("/etc/ssh/sshd_config.d/imagegen-build.conf", "/run/imagegen-build",
                   "/etc/cloud/cloud.cfg.d/99-imagegen-build.cfg")

# What the seal takes away since each node makes its own at its first boot; packer/qemu/seal.sh says
# of each whose it is.
OF_ONE_NODE = (
    "/etc/ssh/ssh_host_*_key", "/etc/ssh/ssh_host_*_key.pub", "/var/lib/systemd/random-seed",
    "/var/lib/systemd/credential.secret", "/var/lib/cloud/instance", "/var/lib/cloud/instances/*",
    "/var/lib/cloud/data/instance-id", "/etc/hostname", "/etc/netplan/50-cloud-init.yaml",
    "/etc/network/interfaces.d/50-cloud-init", "/etc/systemd/network/10-cloud-init-*.network",
    "/etc/udev/rules.d/70-persistent-net.rules", "/etc/nvme/hostnqn", "/etc/nvme/hostid",
    "/root/.ssh", "/root/.bash_history", "/var/lib/dhcp/*", "/var/lib/systemd/timesync/*",
    "/var/lib/NetworkManager/*.lease", *BUILD_LEFTOVERS)
# the instance-id and the host name that the build's own datasource gives (render/packer.py)
BUILD_INSTANCE = "imagegen-build"

# Where a platform's build cannot log in as root, this is who does.
BUILD_ACCOUNT = "imagegen-build"


def package_facts(profile: Profile, release: Release) -> Iterator[Fact]:
    """The recipe's tools, kube-proxy's, and the profile's own packages."""
    seen: set[str] = set()
    for tool in (*_of_the_mode(profile, release), *_asked_for(profile, release)):
        if tool.name not in seen:
            seen.add(tool.name)
            yield _package(tool, release.manager)
    if Family.IPV6 in profile.cluster.families and profile.kube_proxy.config.mode is Mode.IPVS:
        yield _ip6tables(release)


def _ip6tables(release: Release) -> Fact:
    """The other tool of the package that brings iptables."""
    package = next(one for one in release.packages if one.tool == "/usr/sbin/iptables")
    expect: dict[str, Json] = {"name": package.name, "tool": IP6TABLES, "minimum": None}
    if release.manager is Manager.NONE:
        expect["books"] = False
    return Fact("package.ip6tables", "kube-proxy leaves IPv6 out where it is missing",
                "kubernetes cmd/kube-proxy/app/server_linux.go, platformCheckSupported",
                f"Install {package.name} again, or build the image anew.", Nothing(),
                Proof(Rule.PACKAGE, expect, ALWAYS))


def _of_the_mode(profile: Profile, release: Release) -> list[Tool]:
    """Those of the release; in nftables mode without what only IPVS mode calls, but with nft."""
    if profile.kube_proxy.config.mode is Mode.IPVS:
        return list(release.packages)
    return [*(package for package in release.packages if package.tool not in IPVS_TOOLS), NFT]


def _asked_for(profile: Profile, release: Release) -> Iterator[Tool]:
    """What the profile's other fields need, then the packages that it names."""
    os = profile.os
    if os.containerd:
        yield Tool(os.containerd.package, "/usr/bin/containerd", None, "the container runtime",
                   "os.containerd of the profile")
    if any(user.sudo for user in os.users):
        yield Tool("sudo", "/usr/bin/sudo", None, "a user may do what root may",
                   "os.users of the profile")
    if os.ca_certificates:
        yield Tool("ca-certificates", "/usr/sbin/update-ca-certificates", None,
                   "it makes the bundle of what the node trusts",
                   "os.caCertificates of the profile")
    clock = clock_of(profile, release)
    if os.time_servers and (clock is TIMESYNCD or release.manager is not Manager.APT):
        yield Tool(clock.package, clock.program, None, "it sets the clock",
                   "os.timeServers of the profile")
    for name in os.packages:
        yield Tool(name, None, None, "the profile asks for it", "os.packages of the profile")


def _package(package: Tool, manager: Manager) -> Fact:
    name = package.name
    expect: dict[str, Json] = {"name": name, "tool": package.tool, "minimum": package.minimum}
    if manager is Manager.NONE:
        return Fact(f"package.{name}", package.reason, package.source,
                    "The system's own image brings it: boot another release of it.", Nothing(),
                    Proof(Rule.PACKAGE, {**expect, "books": False}, ALWAYS))
    return Fact(f"package.{name}", package.reason, package.source,
                f"Install it with `{INSTALL[manager]} {name}` to go on, and build the image anew.",
                Package(name, package.per_kernel), Proof(Rule.PACKAGE, expect, ALWAYS))


def python_of(profile: Profile, release: Release) -> str:
    """The path of the Python that runs the check; the lints refuse a node that has none."""
    return profile.check.python or release.python.path


def unit_facts(release: Release) -> Iterator[Fact]:
    """Units of the distribution that are masked."""
    for unit, reason in release.masked:
        yield Fact(
            f"unit.{unit}", reason, "systemd.unit(5), masking",
            f"Run `systemctl mask --now {unit}`.",
            Links(((f"/etc/systemd/system/{unit}", "/dev/null"),)),
            Proof(Rule.UNIT, {"name": unit, "state": "masked"}, ALWAYS),
        )


def file_facts(profile: Profile, release: Release) -> Iterator[Fact]:
    """Files that keep others' hands off kube-ipvs0, and the boot's own."""
    takes = known(release.systemd)
    yield file_fact("networkmanager", "NetworkManager takes kube-ipvs0 down where it owns it",
                "NetworkManager.conf(5), unmanaged-devices",
                Template("/etc/NetworkManager/conf.d/90-imagegen-ipvs.conf", {}))
    yield file_fact("networkd.network", "systemd-networkd would drop kube-ipvs0's addresses",
                "systemd.network(5), Unmanaged=",
                Template("/etc/systemd/network/05-imagegen-kube-ipvs0.network", {}))
    yield file_fact("networkd.conf", "systemd-networkd would remove routes and rules not its own",
                "networkd.conf(5), ManageForeignRoutes=",
                Template("/etc/systemd/networkd.conf.d/90-imagegen-ipvs.conf", {
                    "routes": takes["ManageForeignRoutes"],
                    "rules": takes["ManageForeignRoutingPolicyRules"]}))
    if profile.image.platform is Platform.QEMU and release.cloud_init is not None:
        yield file_fact("cloud-init", "cloud-init looks for one datasource and runs only what a "
                    "baked node needs, which is most of the boot's time",
                    "cloud-init, base configuration",
                    Template("/etc/cloud/cloud.cfg.d/90-imagegen.cfg", {
                        "datasources": ", ".join(consulted(profile.cloud_init.datasource)),
                        "defers": defers(profile),
                        # a root that is only read cannot grow
                        "grows": profile.os.root is Root.WRITABLE}))
    if profile.kube_proxy.by_unit:
        yield file_fact("node.env", "kube-proxy's unit starts on a node whose seed says nothing of "
                    "it", "systemd.exec(5), EnvironmentFile=",
                    Template("/usr/lib/imagegen/node.env", {}))


def starter(python: str) -> bytes:
    """The program that starts the check: the source of the archive's own `__main__`."""
    return f"#!{python} -IS\n".encode() + STARTER.read_bytes()


def check_facts(profile: Profile, archive: bytes, release: Release) -> Iterator[Fact]:
    """The check is part of what it checks: it is there, unchanged, and runs at every boot."""
    yield file_fact("ipvs-check.pyz", "the verdict comes from it", "imagegen",
                Content("/usr/lib/imagegen/ipvs-check.pyz", archive, 0o755))
    yield file_fact("ipvs-check", "a verdict tells a person to call it", "imagegen",
                    Content("/usr/bin/ipvs-check", starter(python_of(profile, release)), 0o755))
    yield file_fact(CHECK_UNIT, "it runs the check at every boot", "imagegen",
                Template(CHECK_UNIT_PATH, {"python": python_of(profile, release),
                                           "type": service_type(release.systemd),
                                           "after": _STARTERS[profile.kube_proxy.run_by]}))
    yield Fact(f"unit.{CHECK_UNIT}", "without it no boot is judged", "systemd.unit(5)",
               f"Run `systemctl enable {CHECK_UNIT}`.",
               Links(((f"{WANTS}/{CHECK_UNIT}", CHECK_UNIT_PATH),)),
               Proof(Rule.UNIT, {"name": CHECK_UNIT, "state": "enabled"}, ALWAYS))


def seal_facts(profile: Profile) -> Iterator[Fact]:
    """What the build needed is gone, and the node is one of its own."""
    yield Fact("node.machine-id", "two nodes of one machine-id are one to DHCP and the network "
               "plugin", "machine-id(5)", "Build the image anew.", Nothing(),
               Proof(Rule.MACHINE_ID, {}, ALWAYS))
    kept: list[Json] = list(OF_ONE_NODE)
    yield Fact("node.identity", "two nodes of one instance-id, name or ssh host key are one to "
               "cloud-init, the cluster and whoever logs in", "imagegen, packer/qemu/seal.sh",
               "Build the image anew.", Nothing(),
               Proof(Rule.NODE_IDENTITY, {"paths": kept, "build": BUILD_INSTANCE}, ALWAYS))
    yield Fact("node.clock", "with a wrong clock no certificate is valid", "adjtimex(2)",
               "Set the clock with `timedatectl set-time`, and look at `timedatectl "
               "timesync-status` "
               "or `chronyc sources`.", Nothing(),
               Proof(Rule.CLOCK, {"synchronised": bool(profile.os.time_servers)}, BOOTED))
    yield Fact("seal.build-access", "the build guest's way in must not be in the image",
               "imagegen, packer/qemu/seal.sh", "Do not run this image: build it anew.",
               Nothing(), Proof(Rule.ABSENT, {"paths": list(BUILD_LEFTOVERS)}, BOOTED))
    yield Fact("seal.build-account", "no build's account may be left to log in with",
               "imagegen, packer/qemu/seal.sh", "Do not run this image: build it anew.",
               Nothing(), Proof(Rule.ACCOUNT_ABSENT, {"user": BUILD_ACCOUNT}, BOOTED))
