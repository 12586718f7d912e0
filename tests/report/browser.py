"""A real Chromium for pages: what it logs, what it asks the network for, and how it draws.

What a person does to a page (mouse, finger, keys, wheel) comes to it as the browser's own input
events, never as a script's call: a page that redraws itself under the pointer is seen failing.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains

# The middle of an element's first line box that is in sight, or a sentence about why there is none.
POINT = """
const element = document.querySelectorAll(arguments[0])[arguments[1]];
if (!element) return "no such element";
element.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
const box = element.getClientRects()[0];
if (!box || box.width === 0 || box.height === 0) return "not in sight";
const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
const point = [(left + right) / 2, (top + bottom) / 2];
const hit = document.elementFromPoint(...point);
if (!element.contains(hit)) return `covered by ${hit && hit.outerHTML.slice(0, 200)}`;
return point;
"""
PROGRAMS = {"chromium": "chromium", "chromedriver": "chromium-driver"}


class Browser:
    """A page in a browser without a window."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver
        self.touched = False

    def open(self, path: Path, fragment: str = "") -> None:
        """The page, drawn; what was logged before is forgotten."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(f"{path.as_uri()}{fragment}")
        assert self.run("return document.documentElement.dataset.drawn") == "yes", self.console()

    def run(self, script: str, *given: Any) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *given)

    def soon(self, condition: str, *given: Any) -> None:
        """Wait until a script's expression is true."""
        from selenium.webdriver.support.wait import WebDriverWait

        WebDriverWait(self.driver, 20, 0.05).until(
            lambda _: self.run(f"return Boolean({condition})", *given), condition)

    def keys(self, *keys: str) -> None:
        """Keys pressed one after the other, wherever the focus is."""
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def size(self, width: int, height: int = 900) -> None:
        """The page's own size, narrower than a window can be."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": self.touched})

    def scheme(self, scheme: str, media: str = "") -> None:
        """What the system prefers: light or dark; `print` as the medium."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def console(self) -> list[str]:
        """What the page logged since it was opened."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Every address that was asked for since the page was opened, but the page's own."""
        events = [json.loads(entry["message"])["message"]
                  for entry in self.driver.get_log("performance")]
        asked = [event["params"]["request"]["url"] for event in events
                 if event["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith(("file:", "data:,"))]

    def text(self, selector: str = "body") -> str:
        """The text in sight of the first element that a selector finds."""
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))

    def count(self, selector: str) -> int:
        """How many elements a selector finds."""
        return int(self.run("return document.querySelectorAll(arguments[0]).length", selector))

    def click(self, selector: str, place: int = 0) -> None:
        """The mouse pressed and released over an element, wherever it is."""
        x, y = self.point_of(selector, place)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {
                "type": kind, "x": x, "y": y, "button": "none" if kind == "mouseMoved" else "left",
                "buttons": int(kind == "mousePressed"), "clickCount": int(kind != "mouseMoved")})

    def tap(self, selector: str, place: int = 0) -> None:
        """A finger put on an element and lifted; `touch()` comes before."""
        x, y = self.point_of(selector, place)
        for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
            self.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {
                "type": kind, "touchPoints": points})

    def turn_wheel(self, selector: str, by: int) -> None:
        """The mouse wheel turned over an element, by so many pixels."""
        x, y = self.point_of(selector, 0)
        self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {
            "type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": by})

    def point_of(self, selector: str, place: int) -> tuple[float, float]:
        """Where the n-th element that a selector finds can be touched, scrolled into sight.

        An element that another one covers there is no element that a person can press.
        """
        found = self.run(POINT, selector, place)
        assert isinstance(found, list), f"{selector}: {found}"
        return found[0], found[1]

    def touch(self, *, on: bool) -> None:
        """A screen that is touched, as a phone's; or a mouse again."""
        self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {
            "enabled": on, "maxTouchPoints": 5})
        self.touched = on

    def scripts(self, *, on: bool) -> None:
        """Whether the pages opened from now on may run scripts."""
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not on})

    def pdf(self) -> bytes:
        """The page on paper."""
        done = self.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
        return base64.b64decode(done["data"])

    def picture(self, path: Path) -> None:
        """What is in sight, as a PNG."""
        path.write_bytes(self.driver.get_screenshot_as_png())


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium of its own, gone at the end."""
    driver = Chrome(options=_options(), service=Service(_program("chromedriver")))
    driver.set_page_load_timeout(120)
    try:
        yield Browser(driver)
    finally:
        driver.quit()


def _options() -> ChromeOptions:
    options = ChromeOptions()
    options.binary_location = _program("chromium")
    for flag in ("--headless=new", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
                 "--no-first-run", "--disable-background-networking", "--window-size=1280,900"):
        options.add_argument(flag)
    if os.getuid() == 0:
        # its sandbox does not work for root; the page is our own
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return options


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is missing: apt-get install {PROGRAMS[name]} (or ./dev setup)"
    return found
