"""The kube-proxy section: which one, from where, and its KubeProxyConfiguration."""

from imagegen.profile.kubeproxy.config import Config, DetectLocal, DetectLocalMode
from imagegen.profile.kubeproxy.modes import Conntrack, Iptables, Ipvs, Nftables
from imagegen.profile.kubeproxy.program import Binary, BinaryFrom, KubeProxy

__all__ = ["Binary", "BinaryFrom", "Config", "Conntrack", "DetectLocal", "DetectLocalMode",
           "Iptables", "Ipvs", "KubeProxy", "Nftables"]
