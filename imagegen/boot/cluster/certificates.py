"""A certificate authority and the API server's certificate, made by openssl for one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imagegen.bake.tools import find_tool
from imagegen.common.run import run
from imagegen.knowledge.tools import Tool

# Not from now on: a guest's clock may stand at the moment when its template was frozen.
_VALID = ("-startdate", "20200101000000Z", "-enddate", "20491231235959Z")
_CONFIG = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = imagegen
[ca]
default_ca = authority
[authority]
dir = {folder}
new_certs_dir = {folder}
database = {folder}/index.txt
serial = {folder}/serial
default_md = sha256
policy = anything
unique_subject = no
[anything]
commonName = supplied
[authority_extensions]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server_extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where the PEM files lie."""

    ca: Path
    certificate: Path
    key: Path
    account_key: Path
    account_public_key: Path


def make_certificates(folder: Path, addresses: Sequence[str]) -> Certificates:
    """A new authority and a server certificate that names these addresses; keys are 0600."""
    names = ", ".join([*(f"IP:{address}" for address in addresses), "DNS:localhost"])
    config = folder / "openssl.cnf"
    config.write_text(_CONFIG.format(folder=folder, names=names))
    (folder / "index.txt").touch()
    (folder / "serial").write_text("1000\n")
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key",
                        folder / "account.key", folder / "account.pub")
    authority = folder / "ca.key"
    for key in (authority, made.key, made.account_key):
        _key(key)
    run([_openssl(), "pkey", "-in", str(made.account_key), "-pubout",
         "-out", str(made.account_public_key)])
    _sign(config, authority, authority, made.ca, "authority_extensions", ("-selfsign",))
    _sign(config, made.key, authority, made.certificate, "server_extensions",
          ("-cert", str(made.ca)))
    return made


def _key(path: Path) -> None:
    path.touch(mode=0o600)
    run([_openssl(), "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-out", str(path)])


def _sign(config: Path, key: Path, authority: Path, out: Path, extensions: str,
          issuer: tuple[str, ...]) -> None:
    request = out.with_suffix(".csr")
    run([_openssl(), "req", "-new", "-config", str(config), "-key", str(key),
         "-subj", f"/CN=imagegen {out.stem}", "-out", str(request)])
    run([_openssl(), "ca", "-batch", "-notext", "-config", str(config), *issuer, *_VALID,
         "-keyfile", str(authority), "-extensions", extensions, "-in", str(request),
         "-out", str(out)])


def _openssl() -> str:
    return find_tool(Tool.OPENSSL)
