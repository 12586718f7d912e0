"""The pages of what the kernel must have, and of what a boot decides."""

from __future__ import annotations

from . import WARNING, Page

PAGES: dict[str, Page] = {
    "sysctl": Page(
        "A sysctl has its value, and no file says otherwise",
        "/proc/sys for {key}, and sysctl.d in /etc, /run, /usr/local/lib and /usr/lib for who set "
        "it",
        "With ip_forward 0 a node drops what it should pass on to a real server; without "
        "bridge-nf-call-iptables bridged pods are not masqueraded. The last file in the order of "
        "names wins, and a key whose module is not loaded yet is skipped in silence.",
        "Take out the line that the finding names, then `sysctl --system`. Where no file explains "
        "the value, a daemon writes it.",
        "sysctl.d(5); kernel Documentation/networking/ip-sysctl.rst and ipvs-sysctl.rst",
    ),
    "module": Page(
        "A kernel module is there and at work",
        "/proc/modules, modules.builtin and modules.dep of the kernel, modprobe.d",
        "Without ip_vs and its scheduler kube-proxy makes no table; without br_netfilter or "
        "nf_conntrack their sysctls do not exist. A slim kernel, a blacklist or an update to a "
        "kernel without extra modules takes them away at the next boot.",
        "`modprobe {name}` until the next boot; for good a line in /etc/modules-load.d, a kernel "
        "that has it (kernel-modules-extra, linux-modules-extra), and no line in modprobe.d that "
        "forbids it.",
        "modules-load.d(5), modprobe.d(5), depmod(8); kernel net/netfilter/ipvs/Kconfig",
    ),
    "probe": Page(
        "The kernel balances with the profile's scheduler",
        "the kernel by netlink (genetlink family IPVS), in a network namespace of the probe's own",
        "A list of modules says what could be; only a virtual server that is made and read back "
        "says that this kernel balances. kube-proxy asks the same way from 1.27 on.",
        "Load the scheduler's module and read the kernel's log; run the check as root.",
        "kernel net/netfilter/ipvs/ip_vs_ctl.c; kubernetes pkg/proxy/ipvs, CanUseIPVSProxier",
    ),
    "kernel_argument": Page(
        "The kernel was started with the profile's argument",
        "/proc/cmdline; at level bake the boot menu, /boot/grub/grub.cfg or /boot/loader/entries",
        "What the argument asks for (cgroups, a console, mitigations) holds only for the boot "
        "that had it.",
        "Put it into the boot menu (`update-grub`, `grubby`), and reboot.",
        "kernel Documentation/admin-guide/kernel-parameters.rst",
    ),
    "swap": Page(
        "Nothing swaps",
        "/proc/swaps and /etc/fstab",
        "The kubelet does not start beside swap unless its configuration allows it, and a node "
        "that swaps answers late where it should fail.",
        "`swapoff -a`, and take the line out of /etc/fstab; or say `swap: leave` in the profile.",
        "https://kubernetes.io/docs/concepts/cluster-administration/swap-memory-management/",
    ),
    "root_overlay": Page(
        "The root is only read, and writes go to memory",
        "/proc/self/mountinfo; at level bake the files in every kernel's initramfs",
        "An immutable node forgets at a reboot what was done to it. A root that can be written to "
        "keeps it, and nobody sees the difference until then.",
        "Boot with the image's own initramfs and command line; `update-initramfs -u -k all`.",
        "kernel Documentation/filesystems/overlayfs.rst; initramfs-tools(7); proc(5)",
    ),
    "modules_load": Page(
        "Every module that is asked for is one",
        "modules-load.d in /etc, /run, /usr/local/lib and /usr/lib, modules_load= of the kernel's "
        "command line; modules.dep, modules.alias and modules.builtin of the kernel",
        "A name that the kernel does not have (nf_conntrack_ipv4 from 4.19 on, and in EL8's 4.18) "
        "makes systemd-modules-load.service fail or is passed over in silence, by systemd's "
        "version; a name that is only misspelt is a module that is not loaded.",
        "Take the name out of the file that the finding names.",
        "modules-load.d(5); https://github.com/systemd/systemd/pull/13856; kernel commit "
        "a0ae2562c6c4",
        WARNING,
    ),
    "conntrack_size": Page(
        "The connection tracking table is as large as asked",
        "/proc/sys/net/netfilter/nf_conntrack_max, /sys/devices/system/cpu/online, the hash size "
        "of /sys/module/nf_conntrack",
        "kube-proxy sets the table to max(cores x maxPerCore, min) at its start; from 1.36 on "
        "a product above 1048576 is cut to that, whatever min says. It leaves a larger table "
        "alone in 1.23 to 1.28 and from 1.37.2 on, and lowers it in every other version. A "
        "smaller one means "
        "that it could not, or that a file of sysctl.d was applied again; "
        "it is full sooner, and a full table drops connections.",
        "`systemctl restart kube-proxy`, and take nf_conntrack_max out of sysctl.d; the size "
        "itself is kubeProxy.config.conntrack of the profile.",
        "kubernetes cmd/kube-proxy/app/conntrack.go, from 1.36 on pkg/proxy/conntrack/sysctls.go: "
        "getConntrackMax and SetMax; PR 137002, PR 142035",
    ),
    "conntrack_use": Page(
        "The connection tracking table has room",
        "/proc/sys/net/netfilter/nf_conntrack_count and _max, /proc/net/stat/nf_conntrack",
        "Each connection through a service takes an entry. From 80 % on it is time to look, at "
        "100 % every new connection is dropped. early_drop, and drop beyond insert_failed, say "
        "that it was full since the boot.",
        "Raise kubeProxy.config.conntrack.maxPerCore or .min; `conntrack -S` and `conntrack -L` "
        "say who fills it.",
        "kernel Documentation/networking/nf_conntrack-sysctl.rst; net/netfilter/"
        "nf_conntrack_core.c",
    ),
    "interfaces": Page(
        "No interface loses what a service sends",
        "/sys/class/net, /proc/net/route, /proc/sys/net/ipv4/conf/*/forwarding and rp_filter",
        "An interface that alone does not forward, a strict return path (rp_filter 1) where there "
        "are two ways out, or a pod network whose MTU is larger than the way out's loses some "
        "packets and not others. kube-ipvs0's MTU counts for nothing: nothing is sent through it. "
        "Of ARP, arp_ignore and arp_announce of `all` decide, and only strictARP asks for them.",
        "Take the setting of the single interface out of sysctl.d or the network's configuration; "
        "give the network plugin the MTU of the way out, less its own headers.",
        "kernel Documentation/networking/ip-sysctl.rst; include/linux/inetdevice.h, "
        "IN_DEV_MAXCONF",
        WARNING,
    ),
    "iptables_kind": Page(
        "One kind of iptables rules is in use",
        "what /usr/sbin/iptables leads to, /proc/net/ip_tables_names and ip6_tables_names",
        "Rules of the old kind beside nftables' are both at work, and neither `iptables` shows "
        "the other's: a REJECT that nobody can find.",
        "Look with `iptables-legacy-save`; make every program of the node use one kind "
        "(`update-alternatives --config iptables`), and reboot.",
        "xtables-nft(8); kernel net/ipv4/netfilter/ip_tables.c",
        WARNING,
    ),
}
