"""Public keys and certificates of nobody's, for the old nodes."""

from __future__ import annotations

from tests.profiles import document

_OS = document("full-node")["os"]
CA: str = _OS["caCertificates"][0]["pem"]
ED25519: str = _OS["users"][0]["sshKeys"][0]
# no private key: only the frame of one
PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----\n"
RPM = "[base]\nname=x\nbaseurl="
