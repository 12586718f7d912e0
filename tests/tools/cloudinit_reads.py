"""Run with some cloud-init's `cloudinit` on the path: how it reads user-data, as JSON.

    cloudinit_reads.py FILE-OF-PATHS OUTPUT
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")

from cloudinit import handlers, helpers, user_data, util, version  # noqa: E402
from cloudinit.config import schema as schemas  # noqa: E402
from cloudinit.handlers.cloud_config import CloudConfigPartHandler  # noqa: E402

EMPTY: dict[str, Any] = {"cloud_dir": "/nonexistent", "run_dir": "/nonexistent",
                         "templates_dir": "/nonexistent"}


class Said(logging.Handler):
    """cloud-init says in its log what it drops."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # there is no instance here, and so no folder of one
        if not record.getMessage().startswith("No per instance data available"):
            self.words.append(record.getMessage())


def read(data: bytes, said: Said) -> dict[str, Any]:
    """The merged configuration, the scripts, and what was found wrong."""
    said.words.clear()
    message = user_data.UserDataProcessor(helpers.Paths(EMPTY)).process(data)
    handler = CloudConfigPartHandler(helpers.Paths(EMPTY))
    handler.handle_part(None, handlers.CONTENT_START, None, None, None, {})
    scripts: dict[str, str] = {}
    for part in message.walk():
        if part.get_content_maintype() == "multipart":
            continue
        payload, kind = util.fully_decoded_payload(part), part.get_content_type()
        if kind == "text/cloud-config":
            handler.handle_part(None, kind, part.get_filename(), payload, "always", part)
        else:
            scripts[f"{kind} {part.get_filename()}"] = payload
    return {"version": version.__VERSION__, "config": handler.cloud_buf, "scripts": scripts,
            "problems": [*said.words, *problems(handler.cloud_buf)]}


def problems(config: object) -> list[str]:
    """What the schema of this version refuses."""
    try:
        schemas.validate_cloudconfig_schema(config, schemas.get_schema(), strict=True)
    except schemas.SchemaValidationError as error:
        return [str(error)]
    return []


def main(names: str, output: str) -> None:
    """All the files in one process."""
    said = Said()
    logging.getLogger().addHandler(said)
    paths = Path(names).read_text().splitlines()
    Path(output).write_text(json.dumps([read(Path(path).read_bytes(), said) for path in paths]))


if __name__ == "__main__":
    main(*sys.argv[1:])
