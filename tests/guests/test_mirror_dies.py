"""A mirror that falls silent while the build guest installs: a sentence in time, and no rest."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.guests.forward import Forward, forward
from tests.guests.test_build_survives import (
    building,
    guest_runs,
    no_image,
    no_rest,
    nothing_runs,
    wait_for,
    written,
)

pytestmark = [pytest.mark.guest, pytest.mark.wide]

UNTIL_PACKAGES = 600.0
# the step's own 300 s without a byte, and what an emulated guest adds to it
ENDS_WITHIN = 600.0
HOOK = """\
os:
  hooks:
    before:
      - name: by-proxy
        script: |
          echo 'Acquire::http::Proxy "{url}";' >/etc/apt/apt.conf.d/00by-proxy
check:"""


def silent_at_the_first_package(proxy: Forward) -> None:
    wait_for("apt asks for a package", UNTIL_PACKAGES,
             lambda: any(url.endswith(".deb") for url in proxy.asked))
    proxy.silent.set()


def test_a_mirror_that_dies_while_packages_are_fetched(tmp_path: Path) -> None:
    out = tmp_path / "images"
    with forward() as proxy:
        profile = written(tmp_path, ("check:", HOOK.format(url=proxy.guest_url)))
        killer = threading.Thread(target=silent_at_the_first_package, args=(proxy,), daemon=True)
        killer.start()
        with building(profile, out) as child:
            guest_runs(child, out)
            output, _ = child.communicate(timeout=UNTIL_PACKAGES + ENDS_WITHIN)
    assert proxy.silent.is_set()
    assert child.returncode == 3
    assert ("error: the package mirror sent nothing for 300 s, in step: imagegen step 10: packages"
            in output or "error: apt could not install the packages" in output), output
    assert "Traceback" not in output
    nothing_runs(out)
    no_image(out)
    no_rest(out)
