"""`python -m tests.render.digests`: every good profile, its image, and the digest of its tree.

Two Pythons that print the same render the same.
"""

from __future__ import annotations

import hashlib

from tests.profiles import GOOD, rendered


def digest_of(name: str) -> str:
    """The profile, the name of its image, and the sha256 of all paths, modes and bytes."""
    rendering, digest = rendered(name), hashlib.sha256()
    for path, file in sorted(rendering.tree.files.items()):
        digest.update(f"{path}\0{file.mode:o}\0{len(file.data)}\0".encode() + file.data)
    return f"{name} {rendering.image_name} {digest.hexdigest()}"


if __name__ == "__main__":
    print("\n".join(map(digest_of, GOOD)))  # noqa: T201  its purpose
