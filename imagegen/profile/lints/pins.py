"""Sums that no file has: a place that was left to be filled in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem

# what `init` and `adopt` write where no file of theirs knows the sum
PLACEHOLDER = "0" * 64
RULE = "sha256-placeholder"
_NOTHING = hashlib.sha256(b"").hexdigest()


def placeholders(profile: Profile) -> Iterator[Problem]:
    """A build would fetch the whole file before it finds that its sum is another."""
    kubelet = profile.os.kubelet
    sums = ((("image", "base", "sha256"), profile.image.base.sha256),
            (("kubeProxy", "binary", "sha256"), profile.kube_proxy.binary.sha256),
            (("os", "kubelet", "sha256"), kubelet.sha256 if kubelet else None))
    for path, value in sums:
        what = {PLACEHOLDER: "64 zeros are a place to be filled in and no file's sha256",
                _NOTHING: "this is the sha256 of an empty file"}.get(value or "")
        if what:
            yield Problem(path, what, "write the sum that `sha256sum` prints for the file, or that "
                          "its publisher gives", rule=RULE)
