"""Values for every field of KubeProxyConfiguration, good ones and some that only look good."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from imagegen.knowledge.kubernetes import Mode, Version
from imagegen.knowledge.kubernetes_fields import FIELDS, missing
from imagegen.knowledge.kubernetes_gates import DUAL_STACK_DEFAULT_FROM
from imagegen.knowledge.modules import Scheduler
from imagegen.profile.kubeproxy import DetectLocalMode

DURATIONS = st.sampled_from(["0s", "500ms", "1s", "31s", "90s", "15m", "1h30m", "24h", "0.5s"])
COUNTS = st.sampled_from([0, 1, 7, 131072, (1 << 31) - 1])
BITS = st.integers(0, 31)
RANGES = ["192.0.2.0/24", "10.0.0.0/8", "fd00::/64", "127.0.0.0/8"]
SIZES = st.sampled_from(["16Ki", "1M", "512", "2k"])
MODULES = st.lists(st.fixed_dictionaries({"filePattern": st.sampled_from(["proxier", "ser*"]),
                                          "verbosity": st.integers(0, 9)}), min_size=1, max_size=2)

GATES = ["ContextualLogging", "EndpointSlice", "IPv6DualStack", "KubeProxyIPVS",
         "KubeProxyNFTablesLocalhostNodePorts", "LoggingAlphaOptions", "LoggingBetaOptions",
         "NFTablesNetlink", "NFTablesProxyMode", "TopologyAwareHints", "NodeSwap",
         "RotateKubeletServerCertificate", "ServiceTopology"]

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "featureGates": st.dictionaries(st.sampled_from(GATES), st.booleans(), min_size=1,
                                    max_size=2),
    "clientConnection.acceptContentTypes": st.sampled_from(
        ["application/json", "application/vnd.kubernetes.protobuf,application/json;q=0.5, */*"]),
    "clientConnection.contentType": st.sampled_from(["application/json"]),
    "clientConnection.qps": st.sampled_from([-1, 0, 0.5, 20, 100_000]),
    "clientConnection.burst": COUNTS,
    "logging.format": st.sampled_from(["text", "json"]),
    "logging.flushFrequency": DURATIONS,
    "logging.verbosity": st.integers(0, 10),
    "logging.vmodule": MODULES,
    "logging.options.json.splitStream": st.booleans(),
    "logging.options.json.infoBufferSize": SIZES,
    "logging.options.text.splitStream": st.booleans(),
    "logging.options.text.infoBufferSize": SIZES,
    "bindAddress": st.sampled_from(["192.0.2.1", "::", "2001:db8::1"]),
    "bindAddressHardFail": st.booleans(),
    "healthzBindAddress": st.sampled_from(["[::1]:10257", "0.0.0.0:10249", "192.0.2.1:80"]),
    "metricsBindAddress": st.sampled_from(["127.0.0.1:10250", "[::]:10256"]),
    "enableProfiling": st.booleans(),
    "showHiddenMetricsForVersion": st.sampled_from(["1.19", "1.33", "1.36"]),
    "mode": st.sampled_from([mode.value for mode in Mode]),
    "iptables.masqueradeBit": BITS,
    "iptables.masqueradeAll": st.booleans(),
    "iptables.localhostNodePorts": st.booleans(),
    "ipvs.scheduler": st.sampled_from([one.value for one in Scheduler]),
    "ipvs.excludeCIDRs": st.lists(st.sampled_from(RANGES), min_size=1, max_size=2),
    "ipvs.strictARP": st.booleans(),
    "ipvs.tcpTimeout": DURATIONS,
    "ipvs.tcpFinTimeout": DURATIONS,
    "ipvs.udpTimeout": DURATIONS,
    "nftables.masqueradeBit": BITS,
    "nftables.masqueradeAll": st.booleans(),
    "detectLocalMode": st.sampled_from([mode.value for mode in DetectLocalMode]),
    "detectLocal.bridgeInterface": st.sampled_from(["cni0", "cbr-0.1"]),
    "detectLocal.interfaceNamePrefix": st.sampled_from(["cali", "veth_"]),
    "clusterCIDR": st.sampled_from(["10.244.0.0/16", "fd00:10:244::/56,10.244.0.0/16"]),
    "nodePortAddresses": st.lists(st.sampled_from([*RANGES, "primary", "localhost", "all"]),
                                  min_size=1, max_size=2),
    "oomScoreAdj": st.integers(-1000, 1000),
    "conntrack.maxPerCore": COUNTS,
    "conntrack.min": COUNTS,
    "conntrack.tcpEstablishedTimeout": DURATIONS,
    "conntrack.tcpCloseWaitTimeout": DURATIONS,
    "conntrack.tcpBeLiberal": st.booleans(),
    "conntrack.udpTimeout": DURATIONS,
    "conntrack.udpStreamTimeout": DURATIONS,
    "configSyncPeriod": DURATIONS,
    "portRange": st.sampled_from(["1000-2000"]),
    "udpIdleTimeout": DURATIONS,
    **{f"{section}.{name}": DURATIONS for section in ("iptables", "ipvs", "nftables")
       for name in ("syncPeriod", "minSyncPeriod")},
}


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    """`{"ipvs.scheduler": "rr"}` as the profile has it."""
    whole: dict[str, Any] = {}
    for path, value in flat.items():
        *parents, last = path.split(".")
        place = whole
        for part in parents:
            place = place.setdefault(part, {})
        place[last] = value
    return whole


def configs(version: str) -> st.SearchStrategy[dict[str, Any]]:
    """Configurations of a few fields each, of those that the version has."""
    known = [field.path for field in FIELDS if not missing(field, Version.parse(version))]
    paths = st.lists(st.sampled_from(known), min_size=1, max_size=8, unique=True)
    return paths.flatmap(lambda some: st.fixed_dictionaries({one: VALUES[one] for one in some}))


# values that are not what kube-proxy takes where nothing is said
_CHOSEN: dict[str, Any] = {
    "clientConnection.acceptContentTypes": "application/json",
    "clientConnection.contentType": "application/json",
    "clientConnection.qps": 7.5, "clientConnection.burst": 11,
    "logging.format": "text", "logging.flushFrequency": "7s", "logging.verbosity": 3,
    "logging.vmodule": [{"filePattern": "x*", "verbosity": 4}],
    "bindAddress": "192.0.2.1", "healthzBindAddress": "[::1]:10257",
    "metricsBindAddress": "127.0.0.1:10250", "ipvs.scheduler": "wlc",
    "ipvs.excludeCIDRs": ["192.0.2.166/32", "10.0.0.0/8"],
    "iptables.localhostNodePorts": False, "detectLocalMode": "NodeCIDR",
    "detectLocal.bridgeInterface": "cni0", "detectLocal.interfaceNamePrefix": "cali",
    "clusterCIDR": "10.244.0.0/16,fd00:10:244::/56",
    "nodePortAddresses": ["192.0.2.0/24", "fd00::/64"], "oomScoreAdj": -7,
    "conntrack.maxPerCore": 7, "conntrack.min": 8, "configSyncPeriod": "3m",
    "portRange": "1000-2000",
}
_BY_NAME: dict[str, Any] = {
    "infoBufferSize": "16Ki", "masqueradeBit": 15, "minSyncPeriod": "2s", "syncPeriod": "31s",
    **dict.fromkeys(("splitStream", "bindAddressHardFail", "enableProfiling", "masqueradeAll",
                     "strictARP", "tcpBeLiberal"), True),
}


def whole(version: str, mode: Mode) -> dict[str, Any]:
    """Every field that the version has, with a value that is not the default."""
    at = Version.parse(version)
    gate = "IPv6DualStack" if at < DUAL_STACK_DEFAULT_FROM else "LoggingAlphaOptions"
    own = {"mode": mode.value, "featureGates": {gate: True},
           "showHiddenMetricsForVersion": f"1.{at.minor - 1}"}
    chosen = _CHOSEN | own
    return {field.path: chosen.get(field.path, _BY_NAME.get(field.path.rpartition(".")[2], "90s"))
            for field in FIELDS if not missing(field, at)}
