"""Proxies and time servers of the node."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.distributions import Clock, Manager, Release
from imagegen.knowledge.distributions.clocks import TIMESYNCD
from imagegen.knowledge.paths import DNF_MAIN
from imagegen.plan.facts import ALWAYS, Content, Fact, Links, Proof, Rule
from imagegen.plan.node_files import UNIT_FOLDER, file_fact
from imagegen.profile.lints.units import proxied
from imagegen.profile.model import Profile
from imagegen.profile.node_network import Proxy, is_host

# a proxy that wants a password comes with the node's seed, in this file
PROXY_ENV = "/etc/imagegen/proxy.env"
APT_PROXY = "/etc/apt/apt.conf.d/90-imagegen-proxy"
# what the packages' own file says: dnf reads one file, and its own default checks no signature
_REST_OF_DNF = """\
[main]
gpgcheck=1
installonly_limit=3
clean_requirements_on_remove=True
best=True
skip_if_unavailable=False
"""
CHRONY = "chrony"
# what the packages' own file says beside its servers
_REST_OF_CHRONY = """\
driftfile /var/lib/chrony/drift
makestep 1.0 3
rtcsync
logdir /var/log/chrony
"""


def proxy_facts(profile: Profile, release: Release) -> Iterator[Fact]:
    """`os.proxy`: a drop-in for each unit that speaks to the world, and the manager's setting."""
    proxy = profile.os.proxy
    if proxy is None:
        return
    text = _drop_in(proxy, no_proxy(profile, proxy)).encode()
    for unit in proxied(profile):
        path = f"{UNIT_FOLDER}/{unit}.d/90-imagegen-proxy.conf"
        yield file_fact(f"proxy.{unit}", "the node reaches the world through a proxy only",
                        "systemd.exec(5), Environment=; Go net/http, ProxyFromEnvironment",
                        Content(path, text))
    if release.manager is Manager.APT:
        yield file_fact("proxy.apt", "apt reads no environment of a unit's", "apt.conf(5)",
                        Content(APT_PROXY, _apt(proxy).encode()))
    if release.manager is Manager.DNF:
        yield file_fact("proxy.dnf", "dnf reads no environment of a unit's", "dnf.conf(5), proxy",
                        Content(DNF_MAIN, _dnf(proxy).encode()))


def no_proxy(profile: Profile, proxy: Proxy) -> list[str]:
    """The profile's, and what must never go through a proxy: the cluster itself."""
    cluster = profile.cluster
    servers = (server.rpartition(":")[0].strip("[]") for server in cluster.api_servers)
    own = ["localhost", "127.0.0.0/8", "::1", ".svc", f".{cluster.dns_domain}",
           *cluster.service_cidr.split(","), *cluster.pod_cidr.split(","), *servers]
    return list(dict.fromkeys([*proxy.no_proxy, *own]))


def _drop_in(proxy: Proxy, direct: list[str]) -> str:
    given = {"HTTP_PROXY": proxy.http, "HTTPS_PROXY": proxy.https, "NO_PROXY": ",".join(direct)}
    rows = [f'Environment="{_systemd(f"{name}={value}")}"' for name, value in given.items()
            if value]
    return "\n".join(["# A proxy that wants a password comes with the node's seed, in the file "
                      "below.", "[Service]", *rows, f"EnvironmentFile=-{PROXY_ENV}", ""])


def _systemd(text: str) -> str:
    """systemd.exec(5): `%` is a specifier, a backslash and a quote end what they stand in."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


def _apt(proxy: Proxy) -> str:
    rows = []
    for kind, url in (("http", proxy.http), ("https", proxy.https)):
        if url is not None:
            rows.append(f'Acquire::{kind}::Proxy "{url}";')
            rows += [f'Acquire::{kind}::Proxy::{host} "DIRECT";' for host in proxy.no_proxy
                     if is_host(host) and ":" not in host]
    return "\n".join([*rows, ""])


def _dnf(proxy: Proxy) -> str:
    """One for both ways; what goes past it, a repository says itself."""
    return f"{_REST_OF_DNF}proxy={proxy.https or proxy.http}\n"


def clock_of(profile: Profile, release: Release) -> Clock:
    """chrony where the node has it, by the profile's packages or as the release's own."""
    own = (release.time_unit or "").startswith(CHRONY)
    return release.chrony if own or CHRONY in profile.os.packages else TIMESYNCD


def time_facts(profile: Profile, release: Release) -> Iterator[Fact]:
    """`os.timeServers`: chrony's where the node has chrony, else systemd-timesyncd's."""
    servers, clock = profile.os.time_servers, clock_of(profile, release)
    if not servers:
        return
    asks = "systemd-timesyncd" if clock is TIMESYNCD else "chrony"
    yield file_fact("time", f"{asks} asks these servers", clock.source,
                    Content(clock.path, _servers(servers, clock).encode()))
    yield Fact(f"unit.{clock.unit}", "nothing sets the clock while it does not run",
               "systemd.unit(5)", f"Run `systemctl enable {clock.unit}`.",
               Links(((f"{clock.wants}/{clock.unit}", clock.unit_path),)),
               Proof(Rule.UNIT, {"name": clock.unit, "state": "enabled"}, ALWAYS))


def _servers(servers: tuple[str, ...], clock: Clock) -> str:
    if clock is TIMESYNCD:
        return f"[Time]\nNTP={' '.join(servers)}\n"
    rows = "".join(f"server {server} iburst\n" for server in servers)
    return f"{rows}{_REST_OF_CHRONY}" if clock.whole else rows
