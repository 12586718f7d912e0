"""Good profiles at random, and good ones broken: a render that the real parsers take, or words.

The run in CI is short and always the same, so that it judges a change and not its luck;
`./dev wide` has the long one, new every time. What a run ever found lies in `found/`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from imagegen.common.errors import InputError, InputErrors
from imagegen.profile.load import parse_profile
from imagegen.render.render import Rendering, render
from imagegen.render.tree import Tree, TreeFile
from tests.hostile import texts
from tests.profile import judges
from tests.profile.strategies import broken, good, leaves
from tests.profiles import GOOD, as_yaml, document, place

FOUND = sorted((Path(__file__).parent / "found").glob("*.yaml"))
MANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow,
                                                      HealthCheck.data_too_large])
# examples of each of the two big runs, and processes for a parser that takes one render at a time
CI = pytest.param(400, 24, id="ci")
WIDE_EXAMPLES = 4_000
WIDE = pytest.param(WIDE_EXAMPLES, 200, id="wide",
                    marks=[pytest.mark.wide, pytest.mark.timeout(7200)])


def comes_out(data: bytes) -> Rendering | None:
    """The rendering, if it is one. Raises whatever is neither that nor an error in words."""
    try:
        rendering = render(parse_profile("p.yaml", data))
    except InputErrors as several:
        assert len(several.errors) > 1
        for error in several.errors:
            has_words_and_a_place(error)
        places = [(error.where.line, error.where.column) for error in several.errors if error.where]
        assert places == sorted(places)
        return None
    except InputError as error:
        has_words_and_a_place(error)
        return None
    assert rendering.tree.files
    return rendering


def has_words_and_a_place(error: InputError) -> None:
    assert len(error.what) > 10
    assert all(char.isprintable() or char == "\n" for char in str(error))
    if error.where is None:
        # an empty file has no place, and what is too large for its way is so as a whole
        assert error.what == "p.yaml is empty" or " carries at most " in error.what
        return
    assert error.where.line >= 1 and error.where.column >= 1
    assert str(error).splitlines()[1] == f"p.yaml:{error.where.line}:{error.where.column}"


def run_of(examples: int, documents: st.SearchStrategy[object]) -> list[Rendering]:
    """So many documents; the renders that came out, each once."""
    out: dict[str, Rendering] = {}

    @settings(MANY, max_examples=examples, derandomize=examples < WIDE_EXAMPLES)
    @given(documents)
    def run(data: object) -> None:
        rendering = comes_out(as_yaml(data))
        event("rendered" if rendering else "refused in words")
        if rendering:
            out[rendering.digest] = rendering

    run()
    return list(out.values())


@pytest.mark.parametrize(("examples", "processes"), [CI, WIDE])
def test_what_good_fields_render_is_taken(examples: int, processes: int) -> None:
    renders = run_of(examples, good())
    # the fields' own examples are mostly good: a run that renders little would prove little
    assert len(renders) > examples // 10
    assert judges.judged(renders, processes, newest=examples == WIDE_EXAMPLES) == []


@pytest.mark.parametrize(("examples", "processes"), [CI, WIDE])
def test_what_broken_profiles_render_is_taken(examples: int, processes: int) -> None:
    renders = run_of(examples, broken())
    assert len(renders) > examples // 50
    assert judges.judged(renders, processes, newest=examples == WIDE_EXAMPLES) == []


def test_every_field_takes_part() -> None:
    """By its page, which tests/pages asks of every field."""
    assert len(leaves()) > 50
    assert {"kubeProxy.config.ipvs.scheduler", "os.files[].mode"} <= {f.path for f in leaves()}


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_what_was_found_stays_mended(path: Path) -> None:
    rendering = comes_out(path.read_bytes())
    assert judges.judged([rendering] if rendering else [], 4) == []


@pytest.mark.parametrize("name", GOOD)
def test_the_good_ones_come_out(name: str) -> None:
    assert comes_out(place(name).read_bytes())
    assert comes_out(as_yaml(document(name)))


def changed(path: str, change: Callable[[bytes], bytes], name: str = "quickstart") -> Rendering:
    """A good rendering with one file made wrong."""
    data = document(name)
    if path.startswith("kubeadm/"):
        data["kubeProxy"]["runBy"] = "kubeadm"
    good = comes_out(as_yaml(data))
    assert good
    file = good.tree.files[path]
    wrong = TreeFile(change(file.data), file.mode)
    return replace(good, tree=good.tree | Tree({path: wrong}))


WRONG = {
    "cloud-init": ("cloud-init/baked/user-data", lambda d: d + b"runcmd: 5\n", "runcmd"),
    "systemd": ("node/usr/lib/systemd/system/kube-proxy.service",
                lambda d: d.replace(b"Restart=", b"Restarts="), "Unknown key"),
    "sysctl": ("node/etc/sysctl.d/99-zz-imagegen-ipvs.conf", lambda d: d + b"no value\n", "syntax"),
    "kube-proxy": ("node/etc/kubernetes/kube-proxy.yaml",
                   lambda d: d.replace(b"scheduler:", b"schedular:"), "schedular"),
    "kubeadm": ("kubeadm/kubeadm.yaml", lambda d: d.replace(b"podSubnet:", b"podSubnets:"),
                "podSubnets"),
    "packer": ("packer/node.pkr.json", lambda d: d.replace(b'"headless"', b'"headles"'), "headles"),
}


@pytest.mark.parametrize("judge", WRONG)
def test_each_judge_sees_what_is_wrong(judge: str) -> None:
    path, change, words = WRONG[judge]
    refused = judges.judged([changed(path, change)], 4)
    assert refused and all(words in line or "line" in line for line in refused[:1]), refused


@pytest.mark.parametrize("name", GOOD)
@settings(MANY, max_examples=150)
@given(draw=st.data())
def test_changed_text(name: str, draw: st.DataObject) -> None:
    """Bytes cut out, put in or repeated anywhere in the file."""
    data = place(name).read_bytes()
    start = draw.draw(st.integers(0, len(data)))
    end = min(len(data), start + draw.draw(st.integers(0, 40)))
    middle = draw.draw(st.one_of(st.just(b""), st.binary(max_size=8), st.just(data[start:end] * 2),
                                 texts(8).map(str.encode), st.sampled_from(
        [b"\t", b"\n", b"- ", b": ", b"&a ", b"*a", b"!!set ", b"{", b"]", b"'", b'"', b"|\n"])))
    comes_out(data[:start] + middle + data[end:])


@pytest.mark.parametrize("name", GOOD)
@settings(MANY, max_examples=60)
@given(draw=st.data())
def test_a_line_twice(name: str, draw: st.DataObject) -> None:
    lines = place(name).read_text().splitlines()
    number = draw.draw(st.integers(0, len(lines) - 1))
    comes_out("\n".join([*lines[:number + 1], *lines[number:]]).encode())


@settings(MANY, max_examples=150)
@example(b"\x00")
@given(st.binary(max_size=60))
def test_anything_at_all(data: bytes) -> None:
    assert comes_out(data) is None
