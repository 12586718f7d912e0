"""Accounts with their ssh keys, and the certificate authorities that the node trusts."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.distributions import Release
from imagegen.plan.facts import ALWAYS, Content, Fact, Line, Nothing, Proof, Rule
from imagegen.plan.node_files import REBUILD, file_fact
from imagegen.profile.certificate import certificate
from imagegen.profile.model import Profile
from imagegen.profile.node_access import CaCertificate, User

ACCOUNTS = "/usr/lib/imagegen/accounts"
# Not in the homes: what is root's cannot be changed by who logs in, and the seal leaves it alone.
KEYS = "/etc/ssh/authorized_keys.d"
SSHD = "/etc/ssh/sshd_config.d/imagegen-users.conf"
SUDOERS = "/etc/sudoers.d"
# the command that takes the authorities in, once for all of them
TRUST = "/usr/lib/imagegen/trust"

_SSHD = f"""\
# The keys of the profile's users; the first two are sshd's own default.
AuthorizedKeysFile .ssh/authorized_keys .ssh/authorized_keys2 {KEYS}/%u
"""


def user_facts(profile: Profile) -> Iterator[Fact]:
    """`os.users`: the account, its keys, and what it may do as root."""
    users = profile.os.users
    for user in users:
        yield _account(user)
        if user.ssh_keys:
            yield file_fact(f"ssh-keys.{user.name}", f"{user.name} logs in with these keys",
                            "sshd_config(5), AuthorizedKeysFile",
                            Content(f"{KEYS}/{user.name}", _lines(user.ssh_keys)))
        if user.sudo:
            yield file_fact(f"sudo.{user.name}", f"{user.name} may do what root may", "sudoers(5)",
                            Content(f"{SUDOERS}/imagegen-{user.name}", _sudoers(user), 0o440))
    if any(user.ssh_keys for user in users):
        yield file_fact("ssh-keys", "sshd finds the profile's keys by it",
                        "sshd_config(5), AuthorizedKeysFile", Content(SSHD, _SSHD.encode()))


def _account(user: User) -> Fact:
    groups = ",".join(user.groups) or "-"
    keys = f"{KEYS}/{user.name}" if user.ssh_keys else None
    return Fact(
        f"account.{user.name}", "the profile asks for it", "os.users of the profile", REBUILD,
        Line(ACCOUNTS, f"{user.name} {user.shell} {groups}"),
        Proof(Rule.ACCOUNT, {"name": user.name, "shell": user.shell, "groups": list(user.groups),
                             "keys": keys}, ALWAYS))


def _sudoers(user: User) -> bytes:
    return f"{user.name} ALL=(ALL:ALL) NOPASSWD: ALL\n".encode()


def _lines(rows: tuple[str, ...]) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


def trust_facts(profile: Profile, release: Release) -> Iterator[Fact]:
    """`os.caCertificates`: the file, and that the bundle which programs read holds it."""
    for number, entry in enumerate(profile.os.ca_certificates):
        path = f"{release.trust.folder}/imagegen-{entry.name}.crt"
        yield file_fact(f"ca.{entry.name}", "the profile's certificate authority, as it was given",
                        "update-ca-certificates(8)", Content(path, pem(entry)))
        yield Fact(
            f"trust.{entry.name}", "programs read the bundle, not the certificate's own file",
            "update-ca-certificates(8)", f"Run `{' '.join(release.trust.command)}`.",
            Line(TRUST, " ".join(release.trust.command)) if number == 0 else Nothing(),
            Proof(Rule.TRUST, {"path": path, "bundle": release.trust.bundle}, ALWAYS))


def pem(entry: CaCertificate) -> bytes:
    """The certificate alone, in lines of 64: what stands around it in the profile is for people."""
    import base64

    text = base64.b64encode(certificate(entry.pem)).decode()
    rows = [text[at:at + 64] for at in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *rows, "-----END CERTIFICATE-----",
                      ""]).encode()
