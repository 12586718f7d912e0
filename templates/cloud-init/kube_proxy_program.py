"""Brings the kube-proxy program to a stock image: from its URL, or from the seed volume."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

SEED_VOLUME = "/dev/disk/by-label/cidata"
SECONDS = 300


def main(described):
    with open(described, encoding="utf-8") as file:
        source = json.load(file)
    target = source["path"]
    os.makedirs(os.path.dirname(target), exist_ok=True)
    handle, new = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".kube-proxy.")
    try:
        with os.fdopen(handle, "wb") as sink:
            digest = copy(source, sink)
        if source["sha256"] and digest != source["sha256"]:
            sys.exit(f"imagegen: kube-proxy's sha256 is {digest}, the profile says {source['sha256']}")
        os.chmod(new, 0o755)
        os.replace(new, target)
    finally:
        if os.path.exists(new):
            os.unlink(new)


def copy(source, sink):
    if source["url"]:
        with urllib.request.urlopen(source["url"], timeout=SECONDS) as file:
            return pour(file, sink)
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        subprocess.run(["mount", "-o", "ro", SEED_VOLUME, folder], check=True)
        try:
            with open(os.path.join(folder, "kube-proxy"), "rb") as file:
                return pour(file, sink)
        finally:
            subprocess.run(["umount", folder], check=True)


def pour(file, sink):
    digest = hashlib.sha256()
    while True:
        block = file.read(1 << 20)
        if not block:
            return digest.hexdigest()
        digest.update(block)
        sink.write(block)


if __name__ == "__main__":
    main(sys.argv[1])
