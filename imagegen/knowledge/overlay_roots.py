"""A root that is an overlay in memory: whose initramfs imagegen can teach it, and how."""

from __future__ import annotations

from imagegen.knowledge.distributions import Initramfs

# initramfs-tools(7). Debian's package overlayroot is not used: Debian 11 has none, it brings
# cryptsetup, and it rewrites /etc/fstab at every boot.
SCRIPT = "scripts/init-bottom/imagegen-overlay"
SCRIPT_PATH = f"/etc/initramfs-tools/{SCRIPT}"
# mkinitramfs(8) reads the folder beside /etc/initramfs-tools/modules, which is the administrator's
MODULES = "/usr/share/initramfs-tools/modules.d/imagegen-overlay"
MODULE = "overlay"

# on the kernel's command line: boot once with the root writable, to mend or to look
SWITCH = "imagegen.root"
WRITABLE = f"{SWITCH}=writable"

# What fstab must not name: the root is the initramfs's business, and a boot loader's file systems
# would be written to behind the overlay's back.
OUT_OF_FSTAB = ("/", "/boot", "/boot/efi")

# Other ways to the same end; two overlays would lie above each other.
OTHERS = ("overlayroot", "systemd.volatile")

# Initramfs -> why imagegen makes no overlay with it
CANNOT = {
    # systemd src/volatile-root/volatile-root.c; https://github.com/bootc-dev/bootc/issues/1992;
    # https://github.com/dracut-ng/dracut/pull/1039; https://github.com/dracut-ng/dracut/pull/1040
    Initramfs.DRACUT:
        "its initramfs is dracut's, whose systemd.volatile=overlay labels / as tmpfs_t where "
        "SELinux is on and hides from the node what lies below; imagegen has not seen it work",
    # flatcar/bootengine
    Initramfs.VENDOR:
        "its initramfs is part of the vendor's kernel; /usr is read-only there from the start",
}

# Container runtimes by their package: the kernel takes no overlay for the upper layer of another
# (fs/overlayfs/super.c, ovl_dentry_remote; https://github.com/containerd/containerd/issues/2402)
RUNTIME_STATE = {
    "containerd": "/var/lib/containerd",
    "containerd.io": "/var/lib/containerd",
    "docker.io": "/var/lib/docker",
    "docker-ce": "/var/lib/docker",
    "cri-o": "/var/lib/containers",
    "podman": "/var/lib/containers",
}
