"""Faults of a node in nftables mode, each with the fact that must turn red."""

from __future__ import annotations

from tests.guests.faults import ASLEEP, BOOKS, CONFIG, RESTART, Fault

NO_ANSWER = ("nftables.mode", "nftables.sync")
# the chain's name ends in a hash of the service's
_API_CHAIN = ("sh", "-c", "nft flush chain ip kube-proxy "
              "$(nft list map ip kube-proxy service-ips | "
              "sed -n 's/^.*10.254.0.1 .* 443 : goto \\([^, ]*\\).*$/\\1/p')")

NFTABLES_FAULTS = (
    Fault("another-mode", (("sed", "-i", "s/^mode: nftables/mode: iptables/", CONFIG),
                           RESTART, ("sleep", "20")),
          "nftables.mode", "iptables",
          also=("nftables.api-service", "nftables.sync", "file.kube-proxy.yaml",
                "rivals.left-overs"), keeps=(CONFIG,), mend=(RESTART,)),
    Fault("table-removed", (ASLEEP, ("nft", "delete", "table", "ip", "kube-proxy")),
          "nftables.api-service", "there is no table ip kube-proxy", also=NO_ANSWER),
    Fault("nftables-rules-flushed", (ASLEEP, ("nft", "flush", "ruleset")),
          "nftables.api-service", "there is no table ip kube-proxy", also=NO_ANSWER),
    Fault("nftables-api-server-missing", (ASLEEP, _API_CHAIN), "nftables.api-service", "missing",
          also=NO_ANSWER),
    Fault("nftables-kube-proxy-stopped", (("systemctl", "stop", "kube-proxy"),),
          "unit.kube-proxy.service", "kube-proxy.service is",
          also=(*NO_ANSWER, "kube-proxy.command"), mend=(RESTART,)),
    Fault("ipvs-left-over", (("ip", "link", "add", "kube-ipvs0", "type", "dummy"),),
          "nftables.no-ipvs", "kube-ipvs0", mend=(("ip", "link", "delete", "kube-ipvs0"),)),
    Fault("nft-removed", (("dpkg", "--purge", "--force-depends", "nftables"),), "package.nftables",
          "nftables", also=("nftables.api-service",), keeps=("/usr/sbin/nft", BOOKS)),
)
