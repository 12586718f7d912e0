"""The pages of what the kernel must have, and of what a boot decides."""

from __future__ import annotations

from . import Page

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
        "`modprobe {name}` for now; for good a line in /etc/modules-load.d, a kernel that has it "
        "(kernel-modules-extra, linux-modules-extra), and no line in modprobe.d that forbids it.",
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
}
