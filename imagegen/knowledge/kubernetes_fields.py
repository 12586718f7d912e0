"""KubeProxyConfiguration v1alpha1, field for field: which version has it, its flag, where it acts.

Fields and their versions: k8s.io/kube-proxy config/v1alpha1/types.go, compared from v0.20.2 to
v0.37.2; logging's inner ones: k8s.io/component-base logs/api/v1/types.go, v0.28.15 to v0.37.2.
Flags: kubernetes cmd/kube-proxy/app/server.go of 1.20.2 and options.go of 1.34.4 and 1.37.2.
Where a field acts: v1alpha1/conversion.go and the proxiers that read it.
"""

from __future__ import annotations

from dataclasses import dataclass

from imagegen.knowledge.kubernetes import Mode, Version

_EVERY = frozenset(Mode)
_IPVS = frozenset({Mode.IPVS})
_NFTABLES = frozenset({Mode.NFTABLES})
_NONE: frozenset[Mode] = frozenset()

_IPTABLES_ONLY = "only kube-proxy's iptables mode reads it"
_SPLIT_LOST = ("kube-proxy overwrites it with its flag's default when it reads the file "
               "(options.go, copyLogsFromFlags)")
_USERSPACE_ONLY = "only the userspace mode read it, which was removed in 1.26"


@dataclass(frozen=True, slots=True)
class ConfigField:
    """A field by its dotted path, and what kube-proxy of which version makes of it.

    `until` is the first version without it; `flag` is empty where the flags form cannot say it;
    `modes` are those of imagegen's in which it acts, and `why` says why it does not in the others;
    `default` stands where a 0 is silently taken for it (v1alpha1/defaults.go).
    """

    path: str
    flag: str = ""
    since: Version | None = None
    until: Version | None = None
    modes: frozenset[Mode] = _EVERY
    why: str = ""
    default: str = ""


def _minor(number: int) -> Version:
    return Version(1, number)


_IPVS_WHY = "only IPVS mode reads it"
_NFT_WHY = "only nftables mode reads it"
_TWIN = "nftables mode reads the field of this name under `nftables`"

FIELDS = (
    ConfigField("featureGates", "feature-gates"),
    ConfigField("clientConnection.acceptContentTypes"),
    ConfigField("clientConnection.contentType", "kube-api-content-type"),
    ConfigField("clientConnection.qps", "kube-api-qps", default="5"),
    ConfigField("clientConnection.burst", "kube-api-burst", default="10"),
    ConfigField("logging.format", since=_minor(28)),
    ConfigField("logging.flushFrequency", since=_minor(28), default="5s"),
    ConfigField("logging.verbosity", since=_minor(28)),
    ConfigField("logging.vmodule", since=_minor(28)),
    ConfigField("logging.options.json.splitStream", since=_minor(28), modes=_NONE, why=_SPLIT_LOST),
    ConfigField("logging.options.json.infoBufferSize", since=_minor(28)),
    ConfigField("logging.options.text.splitStream", since=_minor(30), modes=_NONE, why=_SPLIT_LOST),
    ConfigField("logging.options.text.infoBufferSize", since=_minor(30)),
    ConfigField("bindAddress", "bind-address"),
    ConfigField("bindAddressHardFail", "bind-address-hard-fail"),
    ConfigField("healthzBindAddress", "healthz-bind-address"),
    ConfigField("metricsBindAddress", "metrics-bind-address"),
    ConfigField("enableProfiling", "profiling"),
    ConfigField("showHiddenMetricsForVersion", "show-hidden-metrics-for-version"),
    ConfigField("mode", "proxy-mode"),
    ConfigField("iptables.masqueradeBit", "iptables-masquerade-bit", modes=_IPVS, why=_TWIN),
    ConfigField("iptables.masqueradeAll", "masquerade-all", modes=_IPVS, why=_TWIN),
    ConfigField("iptables.localhostNodePorts", "iptables-localhost-nodeports", since=_minor(26),
                modes=_NONE, why=_IPTABLES_ONLY),
    ConfigField("iptables.syncPeriod", "iptables-sync-period", modes=_NONE, why=_IPTABLES_ONLY,
                default="30s"),
    ConfigField("iptables.minSyncPeriod", "iptables-min-sync-period", modes=_NONE,
                why=_IPTABLES_ONLY, default="1s"),
    ConfigField("ipvs.scheduler", "ipvs-scheduler", modes=_IPVS, why=_IPVS_WHY),
    ConfigField("ipvs.excludeCIDRs", "ipvs-exclude-cidrs", modes=_IPVS, why=_IPVS_WHY),
    ConfigField("ipvs.strictARP", "ipvs-strict-arp", modes=_IPVS, why=_IPVS_WHY),
    ConfigField("ipvs.syncPeriod", "ipvs-sync-period", modes=_IPVS, why=_IPVS_WHY, default="30s"),
    ConfigField("ipvs.minSyncPeriod", "ipvs-min-sync-period", modes=_IPVS, why=_IPVS_WHY),
    ConfigField("ipvs.tcpTimeout", "ipvs-tcp-timeout", modes=_IPVS, why=_IPVS_WHY),
    ConfigField("ipvs.tcpFinTimeout", "ipvs-tcpfin-timeout", modes=_IPVS, why=_IPVS_WHY),
    ConfigField("ipvs.udpTimeout", "ipvs-udp-timeout", modes=_IPVS, why=_IPVS_WHY),
    ConfigField("nftables.masqueradeBit", since=_minor(29), modes=_NFTABLES, why=_NFT_WHY),
    ConfigField("nftables.masqueradeAll", since=_minor(29), modes=_NFTABLES, why=_NFT_WHY),
    ConfigField("nftables.syncPeriod", since=_minor(29), modes=_NFTABLES, why=_NFT_WHY,
                default="30s"),
    ConfigField("nftables.minSyncPeriod", since=_minor(29), modes=_NFTABLES, why=_NFT_WHY,
                default="1s"),
    ConfigField("detectLocalMode", "detect-local-mode"),
    ConfigField("detectLocal.bridgeInterface", "pod-bridge-interface", since=_minor(24)),
    ConfigField("detectLocal.interfaceNamePrefix", "pod-interface-name-prefix", since=_minor(24)),
    ConfigField("clusterCIDR", "cluster-cidr"),
    ConfigField("nodePortAddresses", "nodeport-addresses"),
    ConfigField("oomScoreAdj", "oom-score-adj"),
    ConfigField("conntrack.maxPerCore", "conntrack-max-per-core"),
    ConfigField("conntrack.min", "conntrack-min"),
    ConfigField("conntrack.tcpEstablishedTimeout", "conntrack-tcp-timeout-established"),
    ConfigField("conntrack.tcpCloseWaitTimeout", "conntrack-tcp-timeout-close-wait"),
    ConfigField("conntrack.tcpBeLiberal", since=_minor(29)),
    ConfigField("conntrack.udpTimeout", since=_minor(29)),
    ConfigField("conntrack.udpStreamTimeout", since=_minor(29)),
    ConfigField("configSyncPeriod", "config-sync-period", default="15m"),
    ConfigField("portRange", "proxy-port-range", modes=_NONE, why=_USERSPACE_ONLY),
    ConfigField("udpIdleTimeout", "udp-timeout", until=_minor(26), modes=_NONE,
                why=_USERSPACE_ONLY, default="250ms"),
)

BY_PATH = {field.path: field for field in FIELDS}

# How the flags form says what the configuration says.
FLAG_OF = {field.path: field.flag for field in FIELDS if field.flag}

_WINDOWS = "it is for Windows nodes, which imagegen does not make"

# What kube-proxy has and a profile must not say, and why.
REFUSED = {
    "hostnameOverride": "it is each node's own name, and the image is every node's: a seed "
                        "gives it, and the unit passes it on",
    "clientConnection.kubeconfig": "its path is `kubeProxy.kubeconfig`",
    "winkernel": _WINDOWS,
    "windowsRunAsService": _WINDOWS,
}

# nodePortAddresses' words: alone up to 1.36, mixed with ranges from 1.37 on (validation.go)
PRIMARY, LOCALHOST, ALL = "primary", "localhost", "all"
KEYWORDS = {PRIMARY: _minor(31), LOCALHOST: _minor(37), ALL: _minor(37)}
KEYWORDS_MIX_FROM = _minor(37)


def missing(field: ConfigField, version: Version) -> str:
    """Why a version lacks a field (`it came with 1.26`); empty where it has it."""
    if field.since is not None and version < field.since:
        return f"it came with {field.since.minor_text}"
    if field.until is not None and version >= field.until:
        return f"it was removed in {field.until.minor_text}"
    return ""
