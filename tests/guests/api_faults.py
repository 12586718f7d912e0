"""Faults that only the cluster tells from a healthy table, each with the fact that must be red.

kube-proxy would mend them at its next sync, so it sleeps; what it is asked itself is then red, too.
"""

from __future__ import annotations

from tests.guests.faults import ASLEEP, NO_ANSWER, Fault

# of recipe_services.py, and the service that test_api.py makes
WEB, REAL = "10.254.72.60:80", "172.30.90.4:8080"
API = "10.254.0.99:443"
# kube-proxy's set is compared with the table, too
ENTRIES = "ipvs.set-entries.IPv4"

API_FAULTS = (
    Fault("virtual-server-deleted",
          (ASLEEP, ("sh", "-c", f"ipvsadm -D -t {WEB} && ip address del 10.254.72.60/32 "
                    "dev kube-ipvs0")),
          "ipvs.api.virtual-servers", f"TCP {WEB}", also=(*NO_ANSWER, ENTRIES)),
    Fault("stale-virtual-server",
          (ASLEEP, ("ipvsadm", "-A", "-t", "10.254.200.1:80", "-s", "rr"),
           ("ipvsadm", "-a", "-t", "10.254.200.1:80", "-r", REAL, "-m"),
           ("ip", "address", "add", "10.254.200.1/32", "dev", "kube-ipvs0")),
          "ipvs.api.stale", "10.254.200.1:80", also=(*NO_ANSWER, ENTRIES)),
    Fault("weight-changed", (ASLEEP, ("ipvsadm", "-e", "-t", WEB, "-r", REAL, "-m", "-w", "7")),
          "ipvs.api.real-servers", f"{REAL} with another weight than 1", also=NO_ANSWER),
    Fault("stale-real-server",
          (ASLEEP, ("ipvsadm", "-a", "-t", WEB, "-r", "172.30.90.99:8080", "-m")),
          "ipvs.api.real-servers", "172.30.90.99:8080 not an endpoint", also=NO_ANSWER),
    Fault("persistence-added", (ASLEEP, ("ipvsadm", "-E", "-t", WEB, "-s", "rr", "-p", "600")),
          "ipvs.api.affinity", "has 600 s, the Service none", also=NO_ANSWER),
    Fault("traffic-cut",
          # of OUTPUT's tables only raw comes before IPVS
          (("iptables", "-t", "raw", "-I", "OUTPUT", "-d", "10.254.0.99", "-j", "DROP"),),
          "ipvs.traffic", f"{API} did not answer in time, and IPVS did not see the connection",
          mend=(("iptables", "-t", "raw", "-D", "OUTPUT", "-d", "10.254.0.99", "-j", "DROP"),)),
)
