"""The keys of a #cloud-config: those that a baked node's cloud-init heeds, and imagegen's own."""

from __future__ import annotations

# The modules of templates/node/etc/cloud/cloud.cfg.d/90-imagegen.cfg.j2 and the keys that each
# reads (cloud-init's module reference); a test asks cloud-init's own schema about every one.
HEEDED = frozenset({
    "bootcmd", "write_files", "growpart", "resize_rootfs", "disk_setup", "fs_setup",
    "device_aliases", "mounts", "mount_default_fields", "swap", "random_seed",
    "ca_certs", "ca-certs", "users", "groups", "user", "ssh_authorized_keys", "ssh_keys",
    "ssh_deletekeys", "ssh_genkeytypes", "disable_root", "disable_root_opts", "ssh_quiet_keygen",
    "allow_public_ssh_keys", "chpasswd", "password", "ssh_pwauth", "runcmd", "final_message",
})
# What imagegen says of every node; a second value would win or lose by the order of parts.
OWN = frozenset({"hostname", "fqdn", "prefer_fqdn_over_hostname", "preserve_hostname",
                 "manage_etc_hosts", "locale"})
# How parts are merged is imagegen's to say: a part that replaces lists would drop its files.
MERGING = frozenset({"merge_how", "merge_type"})
# Where the same is said for the image instead.
BAKED_BY = {"packages": "os.packages", "package_update": "os.packages",
            "package_upgrade": "a new image", "package_reboot_if_required": "a new image",
            "apt": "os", "ntp": "os", "timezone": "os", "yum_repos": "os", "snap": "os"}
# The keys of one entry of write_files, and the values of `encoding` (cc_write_files.py).
FILE_KEYS = frozenset({"path", "content", "owner", "permissions", "encoding", "append", "defer",
                       "source"})
