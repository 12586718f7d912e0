"""What the packer stamps into an archive; these values are those of a checkout."""

from __future__ import annotations

VERSION = "checkout"
