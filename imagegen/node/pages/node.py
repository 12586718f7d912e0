"""The pages of the node's own programs: units and the container runtime."""

from __future__ import annotations

from . import WARNING, Page

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
    "boot_order": Page(
        "Modules came before sysctls, and both before kube-proxy",
        "`systemctl show` for {units}: when each began and was done in this boot",
        "A key under net.bridge or net.netfilter does not exist before its module is loaded, and "
        "systemd-sysctl passes over it without a word: a race that a slower boot loses. A unit "
        "that was started again later is told of as well.",
        "Order the units by After=; `systemd-analyze critical-chain kube-proxy.service` shows how "
        "they came. Where somebody has only applied the sysctls again, the next boot clears it.",
        "systemd.special(7), bootup(7); https://github.com/systemd/systemd/issues/1113",
        WARNING,
    ),
    "unit_override": Page(
        "No file that nobody baked changes the unit",
        "{path}; files of {unit} and {unit}.d under /etc, /run and /usr/lib",
        "A drop-in or a unit of the same name under /etc wins over the baked one: kube-proxy runs "
        "with other flags, and the image's own file still has its digest. One that leaves the "
        "command alone is only a warning.",
        "Remove it and `systemctl daemon-reload`, or take it into the profile (os.units).",
        "systemd.unit(5), drop-ins and the unit load path",
    ),
    "rival_units": Page(
        "No unit flushes kube-proxy's rules",
        "`systemctl show` for {units}; /etc/ufw/ufw.conf, /etc/nftables.conf",
        "firewalld and its like put their own rules in the place of all: after a reload services "
        "are gone until kube-proxy's next full sync. ipvsadm.service does it to the IPVS table "
        "itself, and is red.",
        "`systemctl mask --now` the unit; a firewall belongs before the node or into network "
        "policies.",
        "firewalld issue 1170; Debian ipvsadm, /etc/init.d/ipvsadm; nft(8), flush ruleset",
    ),
    "rival_manager": Page(
        "Nobody but kube-proxy manages its device",
        "/run/NetworkManager/devices and /run/systemd/netif/links for {name}",
        "NetworkManager takes a device that it manages down, and systemd-networkd removes "
        "addresses that it did not give: the services' own.",
        "`unmanaged-devices=interface-name:kube-ipvs*` in the last file that sets it; a .network "
        "with Unmanaged=yes that sorts before all that match.",
        "NetworkManager.conf(5); systemd.network(5), Unmanaged=; networkd.conf(5)",
    ),
    "rival_proxy": Page(
        "One program serves the cluster's services",
        "/proc/*/cmdline, cgroup and ns/net",
        "Two kube-proxies (a unit and a DaemonSet, an old version and a new one) remove each "
        "other's virtual servers at every sync. kube-router makes its own in the same table; "
        "Cilium and k3s can take kube-proxy's place.",
        "Stop all but one. `kubectl -n kube-system get daemonset` shows who else there is.",
        "kubernetes pkg/proxy/ipvs/proxier.go, cleanLegacyService; kube-router user-guide; "
        "https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/",
    ),
    "leftovers": Page(
        "Nothing of another mode is left",
        "the chains of nf_tables by nfnetlink; of old iptables what iptables-save prints",
        "nftables mode's table hooks in before IPVS: its rules go on to send packets to endpoints "
        "that are long gone. Chains of iptables mode (KUBE-SVC-, KUBE-SEP-, KUBE-NODEPORTS, filter "
        "KUBE-SERVICES with its REJECT) do nothing where nothing jumps to them, and are a warning; "
        "where a hook leads there, they reject packets or take them past IPVS, and are red.",
        "Of nftables mode: `nft delete table ip kube-proxy` (and ip6), and restart kube-proxy. Of "
        "iptables mode: reboot; or stop kube-proxy, run `kube-proxy --cleanup` until it ends "
        "without an error (the second time, mostly), and start it. An image in which kube-proxy "
        "ran while it was built is built anew.",
        "kubernetes pkg/proxy/nftables/proxier.go, CleanupLeftovers; pkg/proxy/iptables/proxier.go",
    ),
    "machine_id": Page(
        "The machine-id is the node's own",
        "/etc/machine-id, /var/lib/dbus/machine-id, /usr/lib/imagegen/build-identity",
        "Two nodes of one id get one DHCP lease and one name in the network plugin. One node "
        "cannot see the other, but it can see the id that its image was built with. Whether its "
        "host name is the only one of that name no node can know.",
        "Write `uninitialized` into the image's /etc/machine-id, take /var/lib/dbus/machine-id "
        "out, and build it anew; on a node `systemd-machine-id-setup` and a reboot.",
        "machine-id(5), First Boot Semantics; sd_id128_get_machine(3)",
    ),
    "node_identity": Page(
        "Instance-id, host name and ssh keys are the node's own",
        "/var/lib/cloud/data/instance-id, /etc/hostname, /etc/ssh/ssh_host_*_key.pub and "
        "/usr/lib/imagegen/build-identity; of an image's files (--root at level bake) all that the "
        "seal takes away",
        "An image that was not sealed makes clones: its nodes share ssh host keys, random seed, "
        "leases and the build's instance-id, by which cloud-init takes each for one that it has "
        "set up already.",
        "Build the image anew, so that packer/qemu/seal.sh is its last step; on a node, give it a "
        "seed of its own and make new ssh host keys.",
        "cloud-init, instance-data; sshd(8), ssh-keygen(1) -A; systemd-random-seed(8)",
    ),
    "clock": Page(
        "The clock can be right",
        "the clock; /usr/lib/imagegen/build-identity for when the image was sealed; adjtimex(2) "
        "where the profile names time servers",
        "A clock before the image's own making is wrong for certain: no certificate is valid yet, "
        "and kube-proxy cannot speak to the API server. One that no server keeps drifts until it "
        "is.",
        "`timedatectl set-time`; `timedatectl timesync-status` or `chronyc sources` for the "
        "servers.",
        "adjtimex(2); systemd-timesyncd.service(8)",
    ),
}
