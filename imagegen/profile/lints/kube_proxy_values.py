"""Values that kube-proxy's own validation refuses (pkg/proxy/apis/config/validation)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from imagegen.knowledge import kubernetes_fields
from imagegen.knowledge.kubernetes import Mode
from imagegen.knowledge.kubernetes_fields import KEYWORDS, LOCALHOST, PRIMARY
from imagegen.knowledge.kubernetes_gates import LOGGING_GATE
from imagegen.knowledge.kubernetes_modes import NFTABLES_PRIMARY_FROM
from imagegen.profile.fields import seconds
from imagegen.profile.kubeproxy import Iptables, Ipvs, Nftables
from imagegen.profile.kubeproxy.config import LogFormat
from imagegen.profile.lints.kube_proxy import CONFIG, version_of
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem, Severity

# seconds, as v1alpha1/defaults.go has them: how often at the latest, how often at the most
_PERIODS = {"iptables": (30.0, 1.0), "ipvs": (30.0, 0.0), "nftables": (30.0, 1.0)}


def sync_periods(profile: Profile) -> Iterator[Problem]:
    """kube-proxy stops where the shortest time between two syncs is longer than the longest."""
    config = profile.kube_proxy.config
    for name, section in (("iptables", config.iptables), ("ipvs", config.ipvs),
                          ("nftables", config.nftables)):
        longest, shortest = _periods(section, *_PERIODS[name])
        if 0 < longest < shortest:
            key = "minSyncPeriod" if section.min_sync_period else "syncPeriod"
            yield Problem((*CONFIG, name, key), f"{name}.minSyncPeriod ({shortest:g} s) is longer "
                          f"than {name}.syncPeriod ({longest:g} s), and kube-proxy stops at that",
                          "make minSyncPeriod the shorter one", rule="kube-proxy-sync-periods")


def _periods(section: Iptables | Ipvs | Nftables, longest: float,
             shortest: float) -> tuple[float, float]:
    given = seconds(section.sync_period) if section.sync_period else longest
    least = seconds(section.min_sync_period) if section.min_sync_period else 0.0
    return given, least or shortest


def node_port_addresses(profile: Profile) -> Iterator[Problem]:
    """Ranges, or words that newer versions know; loopback alone leaves nothing to reach."""
    given, version = profile.kube_proxy.config.node_port_addresses, version_of(profile)
    path = (*CONFIG, "nodePortAddresses")
    for index, one in enumerate(given):
        if one in KEYWORDS and version < KEYWORDS[one]:
            yield Problem((*path, index), f"kube-proxy {profile.kube_proxy.version} does not know "
                          f"the word `{one}`: it came with {KEYWORDS[one].minor_text}",
                          "name address ranges", rule="kube-proxy-field-version")
        elif one in KEYWORDS and len(given) > 1 and version < kubernetes_fields.KEYWORDS_MIX_FROM:
            yield Problem((*path, index), f"`{one}` stands alone up to 1.36",
                          "remove the ranges beside it", rule="kube-proxy-node-port-addresses")
        if one in given[:index]:
            yield Problem((*path, index), f"{one} stands here twice", "keep one of them",
                          rule="kube-proxy-node-port-addresses")
    if given and all(_is_loopback(one) for one in given):
        yield Problem(path, "nodePortAddresses holds only loopback, and node ports on loopback "
                      "carry no traffic in IPVS mode: no node port could be reached",
                      "name ranges of the nodes' own addresses, or remove the line",
                      rule="kube-proxy-node-ports-loopback", severity=Severity.WARNING)


def primary_node_ports(profile: Profile) -> Iterator[Problem]:
    """The default of nodePortAddresses is another one in nftables mode."""
    config, version = profile.kube_proxy.config, version_of(profile)
    if config.mode is not Mode.NFTABLES or config.node_port_addresses or (
            version < NFTABLES_PRIMARY_FROM):
        return
    word = "" if version < KEYWORDS[PRIMARY] else "write `nodePortAddresses: [primary]`, or "
    yield Problem((*CONFIG, "mode"), "in nftables mode node ports answer on the node's primary "
                  "address only, and in ipvs mode on every address: nodePortAddresses is not set",
                  f"{word}write the ranges that clients use as nodePortAddresses",
                  rule="kube-proxy-node-ports-primary", severity=Severity.WARNING)


def _is_loopback(text: str) -> bool:
    return text == LOCALHOST or (text not in KEYWORDS and ipaddress.ip_network(text).is_loopback)


def addresses(profile: Profile) -> Iterator[Problem]:
    """Two servers cannot listen on one port."""
    config = profile.kube_proxy.config
    (host, _, port), (other, _, theirs) = (address.rpartition(":") for address in (
        config.metrics_bind_address, config.healthz_bind_address))
    wide = {host, other} & {"0.0.0.0", "[::]"}
    if port == theirs and (host == other or wide):
        yield Problem((*CONFIG, "healthzBindAddress"), f"metricsBindAddress and healthzBindAddress "
                      f"both take port {port}, so one of the two servers cannot start",
                      "give them ports of their own; kube-proxy's are 10249 and 10256",
                      rule="kube-proxy-addresses-clash")


def hidden_metrics(profile: Profile) -> Iterator[Problem]:
    """Only the minor version before may be named (component-base, metrics)."""
    given, version = profile.kube_proxy.config.show_hidden_metrics_for_version, version_of(profile)
    wanted = f"{version.major}.{version.minor - 1}"
    if given is not None and given != wanted:
        yield Problem((*CONFIG, "showHiddenMetricsForVersion"), f"kube-proxy "
                      f"{profile.kube_proxy.version} takes only \"{wanted}\" here, the version "
                      "before its own, and stops at any other", f"write \"{wanted}\", or remove "
                      "the line", rule="kube-proxy-hidden-metrics")


def logging(profile: Profile) -> Iterator[Problem]:
    """What component-base refuses (logs/api/v1/options.go), and a verbosity that would be lost."""
    config = profile.kube_proxy.config
    logging, path = config.logging, (*CONFIG, "logging")
    if logging.vmodule and logging.format is LogFormat.JSON:
        yield Problem((*path, "vmodule"), "vmodule works with the text format only, and "
                      "kube-proxy stops at it", "remove it, or `format: json`",
                      rule="kube-proxy-logging")
    alpha = [one for one in (logging.options.text, logging.options.json_)
             if one.split_stream or one.info_buffer_size]
    if alpha and not config.feature_gates.get(LOGGING_GATE):
        yield Problem((*path, "options"), "logging.options is an alpha that needs its feature gate",
                      f"add `featureGates: {{{LOGGING_GATE}: true}}`, or remove it",
                      rule="kube-proxy-logging")
    said = "verbosity" in profile.kube_proxy.model_fields_set
    if said and logging.verbosity not in (None, profile.kube_proxy.verbosity):
        yield Problem((*path, "verbosity"), "kubeProxy.verbosity says "
                      f"{profile.kube_proxy.verbosity}, and this {logging.verbosity}",
                      "keep one of them", rule="kube-proxy-verbosity-twice")
