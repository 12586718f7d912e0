"""The pages of what was baked: files, programs, packages, accounts, and what the seal took away."""

from __future__ import annotations

from . import Page

_FACTS = "imagegen's own facts: /usr/lib/imagegen/expectations.json"

PAGES: dict[str, Page] = {
    "file": Page(
        "A baked file has its bytes, mode and owner",
        "{path}",
        "The image was proven with these bytes. A file that was edited on one node is a node that "
        "differs from all others, and the next image takes the edit away without a word.",
        "Put local settings into a file of their own (a drop-in, another name in sysctl.d), and "
        "restore this one from the image: `imagegen render` writes it again.",
        _FACTS,
    ),
    "binary": Page(
        "A baked program is the promised one",
        "{path}; at level bake what `{path} --version` prints",
        "Another version of kube-proxy or kubelet reads the configuration otherwise: a flag that "
        "it no longer knows stops it, a field that it does not know yet is dropped.",
        "Build the image with the version that the profile names, or change the profile.",
        "https://kubernetes.io/releases/version-skew-policy/",
    ),
    "package": Page(
        "A package is there, its tool runs and is new enough",
        "/var/lib/dpkg/status or `rpm -q {name}`, and the tool's own `--version`",
        "kube-proxy calls ipset and conntrack as programs. Where ipset is missing or tells no "
        "version, it leaves IPVS mode (up to 1.25 without a word) or stops.",
        "Install the package of the distribution, or add it to os.packages and build the image.",
        "kubernetes pkg/proxy/ipvs/ipset, the minimum version of ipset",
    ),
    "account": Page(
        "An account is as the profile made it",
        "/etc/passwd, /etc/shadow, /etc/group, and what `sshd -T` says of {name}'s keys",
        "An account that lacks its group or its keys locks people out, and one that has got a "
        "password lets others in.",
        "The finding names the command. Where another file of sshd's names the keys, remove that "
        "line.",
        "passwd(5), shadow(5), sshd_config(5)",
    ),
    "trust": Page(
        "A certificate authority is in the system's bundle",
        "{path} and {bundle}",
        "The certificate lies on the node, but programs read the bundle: without it there the "
        "registry or proxy that it signs for is not trusted, and images are not pulled.",
        "`update-ca-certificates` (Debian), `update-ca-trust` (Red Hat).",
        "update-ca-certificates(8), update-ca-trust(8)",
    ),
    "apt_sources": Page(
        "apt reads the profile's sources and no others",
        "/etc/apt/sources.list, /etc/apt/sources.list.d/*.list and *.sources",
        "A source that somebody added brings packages that the image was not proven with, and in "
        "a closed network every apt run waits for a host that is out of reach.",
        "Remove the file that the finding names, or name its mirror in os.packageMirrors.",
        "sources.list(5)",
    ),
    "dnf_repositories": Page(
        "dnf reads the profile's repositories and no others",
        "the .repo files of dnf's folders, /etc/dnf/dnf.conf",
        "A repository that somebody added brings packages that the image was not proven with, and "
        "in a closed network every dnf run waits for a host that is out of reach.",
        "Remove the section that the finding names, or write enabled=0 there; a mirror belongs "
        "into os.packageMirrors.",
        "dnf.conf(5), reposdir",
    ),
    "absent": Page(
        "What only the build needed is gone",
        "the paths that the finding names",
        "Host keys, a machine id or a seed that stay in an image are the same on every node made "
        "of it: nodes are mistaken for one another, and who has one key has them all.",
        "The image was not sealed, or was unsealed again: build it anew.",
        "machine-id(5); packer/qemu/steps, the seal",
    ),
    "account_absent": Page(
        "The build's own account is gone",
        "/etc/passwd, /etc/shadow, /etc/group and their like, /home/{user}",
        "The build logs in by this account, without a password for root's rights. On a node it "
        "is a door that nobody watches.",
        "The image was not sealed: build it anew. On a live node: `userdel -r`.",
        "packer/qemu/steps, the seal",
    ),
}
