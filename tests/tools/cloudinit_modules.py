"""Run with some cloud-init's `cloudinit` on the path: what its modules do with values, as JSON.

    cloudinit_modules.py CASES OUTPUT FOLDER

A case is a YAML document with `write_files` (paths below FOLDER), `runcmd` or `users`. The answer
says what it wrote, or the error at which cloud-init stopped.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any
from unittest import mock

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

import yaml  # noqa: E402
from cloudinit import util  # noqa: E402
from cloudinit.config import cc_write_files  # noqa: E402
from cloudinit.distros import ug_util  # noqa: E402


def written(files: Any, folder: Path) -> dict[str, str]:
    """The files that lie below the folder after write_files."""
    for entry in files:
        entry["path"] = str(folder) + entry["path"]
    with mock.patch.object(util, "chownbyname"), mock.patch.object(util, "chmod"), \
            mock.patch("os.chown"):
        cc_write_files.write_files("write-files", files, *OWNER)
    return {str(path.relative_to(folder)): path.read_text()
            for path in folder.rglob("*") if path.is_file()}


def normalized(config: Any) -> list[str]:
    """The accounts that cloud-init would make."""
    distro = mock.Mock()
    distro.get_default_user.return_value = {"name": "debian"}
    users, _ = ug_util.normalize_users_groups(config, distro)
    return sorted(users)


# the owner is an argument from 22.1 on
OWNER = ("root:root",) if "owner" in cc_write_files.write_files.__code__.co_varnames[:3] else ()


def done(text: str, folder: Path) -> dict[str, Any]:
    """One case."""
    config = yaml.safe_load(text)
    folder.mkdir()
    try:
        if "write_files" in config:
            return {"files": written(config["write_files"], folder)}
        if "runcmd" in config:
            return {"script": util.shellify(config["runcmd"])}
        return {"users": normalized(config)}
    except Exception as error:  # whatever it stops at, cloud-init logs it and goes on
        return {"stopped": repr(error)}


def main(cases: str, output: str, folder: str) -> None:
    """All the cases in one process."""
    texts = json.loads(Path(cases).read_text())
    answers = [done(text, Path(folder) / str(number)) for number, text in enumerate(texts)]
    Path(output).write_text(json.dumps(answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
