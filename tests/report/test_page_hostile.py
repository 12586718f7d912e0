"""A node that would take the reader's browser over: its words are text in a real Chromium."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.report import fleet
from tests.report.browser import Browser
from tests.report.pages import written
from tests.report.test_page import seen_whole

RUN = "window.ran=1"
PAYLOADS = (
    f"</script><script>{RUN}</script>", f"<img src=x onerror={RUN}>", f"<svg onload={RUN}>",
    f'"><script>{RUN}</script>', f"';{RUN};'", f"javascript:{RUN}", f"<!--<script>{RUN}//",
    f"]]><script>{RUN}</script>", f"</style><script>{RUN}</script>", f"${{{RUN}}}{{{{{RUN}}}}}",
    f"</textarea></title><script>{RUN}</script>", f"<a href='javascript:{RUN}'>x</a>",
    "<iframe src='http://127.0.0.1:9/'></iframe>", "<base href='http://127.0.0.1:9/'>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "\u202eevil\u2066", "\x00\x07\x1b[2J", "\ud800", "__proto__", "constructor", "x" * 50_000,
)


def hostile(value: Any, payload: str, key: str = "") -> Any:
    """Every text of a verdict as this payload, but those that must be what they are."""
    if isinstance(value, dict):
        return {name: hostile(one, payload, name) for name, one in value.items()}
    if isinstance(value, list):
        return [hostile(one, payload, key) for one in value]
    free = isinstance(value, str) and key not in ("level", "verdict", "result")
    return payload if free else value


def everything(chromium: Browser, path: Path) -> None:
    """Every view, fold and button of a page."""
    for keys in (("j", Keys.ENTER, "c", "k", "c"), ("f",), ("d",)):
        seen_whole(chromium, path, keys)
    chromium.click(".sides, .finding summary, .link, #view")
    chromium.pdf()


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda text: ascii(text)[1:24])
def test_what_a_node_says_never_runs(chromium: Browser, tmp_path: Path, payload: str) -> None:
    chromium.scheme("light")
    chromium.size(1280)
    plain = fleet.verdict(4, tuple(range(4)), services=2)
    lines = [f"TCP {payload} rr", f"  -> {payload} Masq 1 0 0", payload]
    bad = hostile(plain, payload)
    bad["table"]["text"] = lines
    path = written(tmp_path, bad, hostile(fleet.verdict(5, services=2), payload), plain,
                   broken=payload)
    everything(chromium, path)
    assert chromium.run("return window.ran") is None
    assert (chromium.console(), chromium.requests()) == ([], [])
    assert chromium.count("iframe, base, img, object, embed") == 0


def test_the_payload_would_run_on_a_page_without_care(chromium: Browser, tmp_path: Path) -> None:
    """Both guards are real: without the escape the policy holds, and without both it runs."""
    path = written(tmp_path, hostile(fleet.verdict(4, services=2), PAYLOADS[0]))
    careless = path.read_text().replace(r"\u003c", "<").replace(r"\u003e", ">")
    path.write_text(careless)
    chromium.driver.get(path.as_uri())
    assert chromium.run("return window.ran") is None
    assert any("Content Security Policy" in line for line in chromium.console())
    path.write_text(re.sub(r"<meta http-equiv=.Content-Security-Policy.*", "", careless))
    chromium.driver.get(path.as_uri())
    assert chromium.run("return window.ran") == 1


def test_the_policy_lets_no_request_out(chromium: Browser, tmp_path: Path) -> None:
    path = written(tmp_path, fleet.verdict(4))
    chromium.open(path)
    done = chromium.driver.execute_async_script(
        "const done = arguments[0]; fetch('http://127.0.0.1:9/').then(() => done('went'), "
        "(error) => done(error.message))")
    assert "Failed to fetch" in done
    assert any("Content Security Policy" in line for line in chromium.console())
    with pytest.raises(Exception, match="TrustedHTML"):
        chromium.run("document.body.innerHTML = '<p>x</p>'")
    chromium.console(), chromium.requests()
