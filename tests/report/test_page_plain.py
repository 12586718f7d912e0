"""The page where its script does not run: scripts are off, or a viewer's policy forbids them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.report import fleet
from tests.report.browser import Browser
from tests.report.pages import written
from tests.report.test_page import CONTRAST, paper

# Jenkins: the default of hudson.model.DirectoryBrowserSupport.CSP; the other lets no inline
# script run, and its page is not sandboxed: <noscript> would show nothing there
JENKINS = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"
STRICT = "script-src 'self'; style-src 'self'"


@contextmanager
def served(page: bytes, policy: str) -> Iterator[str]:
    """The page with a server's policy, on a port of its own."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/report.html"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def scriptless(chromium: Browser) -> Iterator[Browser]:
    """A browser whose scripts are off."""
    chromium.scheme("light")
    chromium.size(400, 800)
    chromium.scripts(on=False)
    yield chromium
    chromium.scripts(on=True)


def says_what_matters(page: Browser) -> None:
    text = page.text()
    assert text.count("RED") == 12
    assert all(part in text for part in (
        "quickstart", "40 verdicts: 6 red, 34 green", "Judged 2025-10-09 08:53 to 2025-10-09 08:54",
        "Why nodes are red", "4 nodes: sysctl.net.ipv4.ip_forward", "node-0033", "node-0040",
        "0, set by /etc/sysctl.d/99-hardening.conf", "what to do: take it out of that file",
        "This is the page without its script"))
    assert page.count("button:not([hidden])") == 0
    assert page.run("return document.documentElement.dataset.drawn") is None


def test_with_scripts_off(scriptless: Browser, tmp_path: Path) -> None:
    scriptless.driver.get(written(tmp_path, *fleet.fleet(40)).as_uri())
    says_what_matters(scriptless)
    assert scriptless.run("return document.documentElement.scrollWidth") <= 400
    assert {what: ratio for what, ratio in scriptless.run(CONTRAST).items() if ratio < 4.5} == {}


def test_one_node_with_scripts_off_says_what_to_do(scriptless: Browser, tmp_path: Path) -> None:
    scriptless.driver.get(written(tmp_path, fleet.verdict(4, (0, 1, 2, 3))).as_uri())
    text = scriptless.text()
    assert all(part in text for part in ("RED: node-0004", "expected: 1", "seen: wlc at TCP",
                                         "kube-proxy fell back: see its log"))
    assert text.index("red: ipvs.scheduler") < text.index("unknown: module.ip_vs_rr")


def test_on_paper_with_scripts_off(scriptless: Browser, tmp_path: Path) -> None:
    scriptless.driver.get(written(tmp_path, *fleet.fleet(40)).as_uri())
    text = paper(scriptless)
    assert "Why nodes are red" in text and "node-0040" in text and "page 1 of" in text


@pytest.mark.parametrize("policy", [JENKINS, STRICT])
def test_behind_a_viewers_policy(chromium: Browser, tmp_path: Path, policy: str) -> None:
    chromium.size(400, 800)
    page = written(tmp_path, *fleet.fleet(40)).read_bytes()
    with served(page, policy) as address:
        chromium.driver.get(address)
        says_what_matters(chromium)
        chromium.console(), chromium.requests()


def test_a_fleet_of_thousands_is_cut_and_says_so(scriptless: Browser, tmp_path: Path) -> None:
    many = [fleet.verdict(number, services=0) for number in range(1, 511)]
    scriptless.driver.get(written(tmp_path, *many, fleet.verdict(511, (0,), 0)).as_uri())
    assert scriptless.text(".plain td:nth-child(2)") == "node-0511", "red ones come first"
    assert scriptless.count(".plain tr") == 501
    assert "11 more nodes are not listed here" in scriptless.text(".plain")


def test_the_script_takes_its_place(page: Browser) -> None:
    assert page.count(".plain") == 0
