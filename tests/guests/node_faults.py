"""Faults of a node that carries every field of `os`, each with the fact that must turn red."""

from __future__ import annotations

from tests.guests.faults import Fault

BUNDLE, CONTAINERD = "/etc/ssl/certs/ca-certificates.crt", "/etc/containerd/config.toml"

NODE_FAULTS = (
    Fault("account-with-a-password", (("sh", "-c", "echo deploy:guessed | chpasswd"),),
          "account.deploy", "it has a password", mend=(("usermod", "-p", "!", "deploy"),)),
    Fault("account-left-its-group", (("gpasswd", "-d", "deploy", "adm"),), "account.deploy",
          "it is not in adm", mend=(("gpasswd", "-a", "deploy", "adm"),)),
    Fault("keys-looked-for-elsewhere", (), "account.deploy", "sshd looks for its keys in /etc/keys",
          files=(("/etc/ssh/sshd_config.d/00-hardening.conf", "AuthorizedKeysFile /etc/keys/%u\n"),
                 )),
    Fault("file-of-another", (("chown", "root:root", "/etc/node-tuning/motto"),),
          "file./etc/node-tuning/motto", "belongs to",
          mend=(("chown", "deploy:adm", "/etc/node-tuning/motto"),)),
    Fault("authority-forgotten",
          (("cp", "/dev/null", BUNDLE),), "trust.cluster-root", "the bundle does not hold it",
          keeps=(BUNDLE,)),
    Fault("another-source-of-packages", (), "apt.sources", "/etc/apt/sources.list.d/other.list",
          files=(("/etc/apt/sources.list.d/other.list", "deb http://192.0.2.1/debian x main\n"),)),
    # as a boot by another menu would leave it
    Fault("booted-by-another-line",
          (("sh", "-c", "echo ro panic=30 >/run/line && mount --bind /run/line /proc/cmdline"),),
          "kernel-argument.transparent_hugepage=never", "not there",
          mend=(("umount", "/proc/cmdline"),)),
    Fault("swap-on", (("dd", "if=/dev/zero", "of=/swapfile", "bs=1M", "count=8"),
                      ("chmod", "0600", "/swapfile"), ("mkswap", "/swapfile"),
                      ("swapon", "/swapfile")), "swap.off", "/swapfile",
          mend=(("swapoff", "/swapfile"), ("rm", "/swapfile"))),
    Fault("other-cgroups", (("sed", "-i", "s/SystemdCgroup = true/SystemdCgroup = false/",
                             CONTAINERD),), "runtime.containerd",
          "SystemdCgroup is false", also=("file.containerd",), keeps=(CONTAINERD,)),
    Fault("runtime-stopped", (("systemctl", "stop", "containerd"),), "unit.containerd.service",
          "containerd.service is", also=("runtime.containerd",),
          mend=(("systemctl", "start", "containerd"),)),
    Fault("unit-disabled", (("systemctl", "disable", "node-tuning.service"),),
          "unit.node-tuning.service", "disabled",
          mend=(("systemctl", "enable", "node-tuning.service"),)),
)
