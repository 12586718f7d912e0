"""What is looked at stands in the page's address: a link shows another person the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.report import fleet
from tests.report.browser import Browser
from tests.report.pages import written
from tests.report.test_page import choose_rule, rows
from tests.report.test_page_pointer import OPENED

pytestmark = pytest.mark.usefixtures("quiet")


def address(page: Browser) -> str:
    return str(page.run("return location.hash"))


def again(page: Browser) -> None:
    """The page of this address, opened anew."""
    link = address(page)
    path = Path(str(page.run("return decodeURI(location.pathname)")))
    page.open(path, link)


def test_a_filter_is_kept(page: Browser) -> None:
    page.click("[data-result='3']")
    assert address(page) == "#results=red%2Cunknown%2Cwarning"
    choose_rule(page, "sysctl")
    page.click("#search")
    page.keys(*"node:0025 hardening & more", *[Keys.BACKSPACE] * 7)
    page.soon("document.getElementById('count').textContent === '1 of 40 nodes'")
    link = address(page)
    again(page)
    assert (address(page), rows(page)) == (link, ["node-0025"])
    assert page.run("return [document.getElementById('search').value, "
                    "document.getElementById('rule').value, "
                    "document.querySelector('[data-result=\"3\"]').checked]") == [
        "node:0025 hardening", "sysctl", False]
    page.click("#clear")
    assert address(page) == "" and len(rows(page)) > 10


def test_a_node_a_view_and_what_is_compared_are_kept(page: Browser) -> None:
    page.click(".row", 2)
    page.click("#compare")
    page.click(".row", 4)
    page.click("#compare")
    page.click(".tab[data-name='differences']")
    again(page)
    heads = page.run("return [...document.querySelectorAll('.sides thead bdi')]"
                     ".map((one) => one.innerText)")
    assert heads == ["node-0005", "node-0018"]
    page.click(".tab[data-name='nodes']")
    assert page.text("#node-title").split()[-1] == "node-0018"


@pytest.mark.parametrize("link", ["#node=nobody", "#view=moon", "#rule=none&results=", "#%%%",
                                  "#facts", "#compare=x&compare=y&q="])
def test_an_address_of_another_page_does_no_harm(chromium: Browser, tmp_path: Path,
                                                 link: str) -> None:
    chromium.size(1280)
    chromium.open(written(tmp_path, *fleet.fleet(8)), link)
    assert chromium.text("h1") == "quickstart" and chromium.count("#list") == 1


def test_the_way_back_leads_from_a_node_to_the_list(finger: Browser, tmp_path: Path) -> None:
    finger.open(written(tmp_path, *fleet.fleet(40)))
    finger.tap(".row", 6)
    finger.soon(OPENED, "node-0011")
    finger.driver.back()
    finger.soon("document.getElementById('list').checkVisibility()")
    assert address(finger) == ""
    finger.driver.forward()
    finger.soon("!document.getElementById('list').checkVisibility()")
    assert finger.text("#node-title").split()[-1] == "node-0011"


def test_a_link_to_a_node_shows_it_on_a_phone(finger: Browser, tmp_path: Path) -> None:
    finger.open(written(tmp_path, *fleet.fleet(8)), "#node=node-0003")
    assert finger.text("#node-title").split()[-1] == "node-0003"
    assert not finger.run("return document.getElementById('list').checkVisibility()")
    finger.tap(".back")
    finger.soon("document.getElementById('list').checkVisibility()")


def test_a_cause_shows_its_nodes(page: Browser) -> None:
    assert page.text("#causes-title") == "Why 6 of 40 nodes are red"
    cards = page.run("return [...document.querySelectorAll('.card')].map((one) => one.innerText)")
    assert [" ".join(one.split()) for one in cards] == [
        "✖ red 4 nodes sysctl.net.ipv4.ip_forward 0, set by /etc/sysctl.d/99-hardening.conf",
        "✖ red 2 nodes ipvs.scheduler wlc at TCP 10.96.0.10:53",
        "? unknown 2 nodes module.ip_vs_rr /proc/modules: permission denied"]
    page.click(".card", 1)
    assert rows(page) == ["node-0013", "node-0033"]
    assert address(page) == "#fact=ipvs.scheduler"
    again(page)
    assert rows(page) == ["node-0013", "node-0033"] and page.count(".finding") == 1
    page.click(".card[aria-pressed='true']")
    assert len(rows(page)) > 10 and address(page) == ""


def test_a_cause_is_on_the_first_screen_of_a_phone(finger: Browser, tmp_path: Path) -> None:
    finger.open(written(tmp_path, *fleet.fleet(40)))
    low = finger.run("return document.getElementById('cause-2').getBoundingClientRect().bottom")
    assert low < 800
    finger.tap(".card", 2)
    finger.soon("document.getElementById('count').textContent === '2 of 40 nodes'")
