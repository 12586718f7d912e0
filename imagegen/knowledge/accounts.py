"""Accounts and groups that a base image has before anybody adds one."""

from __future__ import annotations

# Debian base-passwd 3.6.1, passwd.master, and what systemd, dbus, udev and openssh-server add
USERS = frozenset({
    "root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy",
    "www-data", "backup", "list", "irc", "_apt", "nobody", "systemd-network", "systemd-resolve",
    "systemd-timesync", "messagebus", "sshd",
})

# base-passwd's group.master, and the same packages' own
GROUPS = frozenset({
    "root", "daemon", "bin", "sys", "adm", "tty", "disk", "lp", "mail", "news", "uucp", "man",
    "proxy", "kmem", "dialout", "fax", "voice", "cdrom", "floppy", "tape", "sudo", "audio", "dip",
    "www-data", "backup", "operator", "list", "irc", "src", "shadow", "utmp", "video", "sasl",
    "plugdev", "staff", "games", "users", "nogroup", "input", "kvm", "render", "sgx",
    "systemd-journal", "systemd-network", "systemd-resolve", "systemd-timesync", "messagebus",
    "crontab", "_ssh",
})
