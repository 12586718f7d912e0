"""What looks like a secret: it is never carried over, and always told, without its value."""

from __future__ import annotations

import re

from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files

# what stands before `=` or `:`; a name of a file (`--kubeconfig`, `tokenFile: /x`) is no secret
_NAMED = re.compile(
    r"(?<![A-Za-z])(pass(word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|credentials?|auth(?![a-z]))[A-Za-z_-]{0,12}[\"']?\s*[=:]\s*[\"']?(?![\"'\s/$]|\*|true|false|none)\S",
    re.I)
_PARTS = (
    (re.compile(r"PRIVATE KEY-----"), "a private key"),
    (re.compile(r"://[^/\s:@\"']+:[^/\s@\"']+@"), "a URL with a password"),
    (re.compile(r"client-key-data|certificate-authority-data"), "a kubeconfig"),
    (re.compile(r"\$(1|5|6|y|2[aby])\$[./A-Za-z0-9]{2,}\S*\$"), "a password's hash"),
    (re.compile(r"(?<![A-Za-z0-9])AKIA[A-Z0-9]{16}"), "an access key"),
    (re.compile(r"(?<![a-z0-9])[a-z0-9]{6}\.[a-z0-9]{16}(?![a-z0-9])"), "a bootstrap token"),
    (_NAMED, "what looks like a password or a token"),
)
# a folder -> what its keys are
_FOLDERS = ("/etc/kubernetes/pki", "/etc/kubernetes/ssl", "/etc/kubernetes/pki/etcd",
            "/etc/kubernetes", "/var/lib/kubelet/pki", "/var/lib/kubelet", "/var/lib/kube-proxy",
            "/etc/ssl/private", "/etc/pki/tls/private", "/etc/ssh", "/opt/kubernetes/ssl",
            "/opt/kubernetes/cfg", "/etc/etcd", "/etc/etcd/pki", "/etc/ssl/etcd/ssl", "/etc")
MAX_HOMES = 200
_KEY = re.compile(r"\.key\Z|[-_]key\.pem\Z|\Assh_host_[a-z0-9_]+_key\Z|\.kubeconfig\Z"
                  r"|\A[a-z-]*kubeconfig\Z|\A(admin|super-admin|kubelet|bootstrap-kubelet|scheduler"
                  r"|controller-manager)\.conf\Z|\Aid_[a-z0-9_]+\Z"
                  r"|\Akubelet-client-[a-z0-9-]+\.pem\Z"
                  r"|\Ag?shadow-?\Z|\A(token|basic_auth|known_tokens)\.csv\Z")


def secret_in(text: str) -> tuple[int, str] | None:
    """The first line that seems to hold one, and what it seems to be."""
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare[:1] in ("#", ";") or len(bare) > 1 << 16:
            continue
        for pattern, what in _PARTS:
            if pattern.search(bare):
                return number, what
    return None


def tell_secrets(files: Files, notes: Notes) -> None:
    """The keys, kubeconfigs and password files that lie where they usually do: by name alone."""
    homes = [f"/home/{name}/.ssh" for name in files.names("/home")[:MAX_HOMES]]
    for folder in (*_FOLDERS, *homes, "/root/.ssh"):
        found = [name for name in files.names(folder) if _KEY.search(name)]
        if found:
            shown = ", ".join(found[:4]) + (f" and {len(found) - 4} more" if found[4:] else "")
            notes.add(f"{folder} holds {shown}: keys, kubeconfigs and passwords are never carried "
                      "over; what a node needs of them comes with its seed")
