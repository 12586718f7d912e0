"""The parts of what is too long for every run: what each runs, how long, and what it writes."""

from __future__ import annotations

from dataclasses import dataclass

LIMIT_MINUTES = 40


@dataclass(frozen=True, slots=True)
class Part:
    """A selection of tests: those that are marked wide, or by another `mark`.

    `minutes` are for two cores without KVM with bases and programs cached; `measured` is the day,
    or empty for an estimate. `evidence` names the documents whose rows the part writes anew.
    `words` are all in the names of its tests.
    """

    name: str
    what: str
    minutes: int
    paths: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    measured: str = ""
    mark: str = "wide"

    @property
    def arguments(self) -> list[str]:
        """What pytest is given."""
        named = ["-k", " and ".join(self.words)] if self.words else []
        return ["-m", self.mark, *named, *self.paths]

    def has(self, test: str) -> bool:
        """Whether a wide test is one of this part's, by its node id."""
        path, _, name = test.partition("::")
        beneath = any(path == one or path.startswith(f"{one}/") for one in self.paths)
        return beneath and all(word in name for word in self.words)


_GUESTS = "tests/guests"
_MATRIX, _RED = "docs/matrix.md", "docs/red-rules.md"
PARTS = (
    Part("bases", "the base image twice, byte for byte; a mirror that dies; a build that is killed",
         30, ("tests/bake", f"{_GUESTS}/test_mirror_dies.py", f"{_GUESTS}/test_build_survives.py")),
    Part("boots", "ten boots of one image; the recipe's listing line by line; Debian 13", 20,
         (f"{_GUESTS}/test_boots.py", f"{_GUESTS}/test_recipe.py",
          f"{_GUESTS}/test_distributions.py")),
    Part("uefi", "the quickstart's image booted by UEFI", 10, (f"{_GUESTS}/test_uefi.py",),
         measured="2026-12-01"),
    Part("pythons", "every profile by every Python that can be had: the same bytes", 20,
         ("tests/wide",)),
    Part("random", "the long runs of random profiles and of hostile IPVS tables", 40,
         ("tests/profile/test_mutations.py", "tests/node/test_hostile_table.py")),
    Part("kubernetes", "real kube-proxy, kubeadm and API servers of the other versions", 30,
         ("tests/boot", "tests/node/api", "tests/plan", "tests/render",
          "tests/profile/test_cases_kube_proxy.py")),
    *(Part(f"matrix-{release}", f"Debian {release} by every kube-proxy", 25,
           (f"{_GUESTS}/test_matrix.py",), (_MATRIX,), ("debian", f"{release}-1"))
      for release in ("11", "12", "13")),
    Part("kernels", "the kernels of Debian 11, 13 and sid", 30, (f"{_GUESTS}/test_kernels.py",),
         (_MATRIX,)),
    Part("nftables", "kube-proxy in nftables mode, with its faults", 20,
         (f"{_GUESTS}/test_nftables.py",), (_RED,)),
    Part("families", "both address families, and IPv6 alone", 35,
         (f"{_GUESTS}/test_families.py",), (_RED,)),
    Part("immutable", "the read-only root of every release", 30,
         (f"{_GUESTS}/test_immutable.py",), ("docs/immutable.md", _RED)),
    Part("kubeadm", "a node whose kube-proxy is kubeadm's", 15, (f"{_GUESTS}/test_kubeadm.py",)),
    Part("faults", "every fault of a node in a cluster, those of every run as well", 40,
         (f"{_GUESTS}/test_faults.py",), (_RED,), mark="guest"),
    Part("full-node", "every fault of a node that carries each field of `os`", 15,
         (f"{_GUESTS}/test_full_node.py",), (_RED,), mark="guest"),
    Part("firewall", "more rules that drop a service's packets, with real connections", 30,
         (f"{_GUESTS}/test_firewall.py",), (_RED,)),
    Part("gates", "the gate of the kubelet", 25, (f"{_GUESTS}/test_gate.py",), (_RED,)),
    Part("api", "what a node asks the API server", 20, (f"{_GUESTS}/test_api.py",), (_RED,)),
    Part("rivals", "what else a node may run, with no false alarm", 30,
         (f"{_GUESTS}/test_rivals.py", f"{_GUESTS}/test_no_false_alarm.py")),
    Part("stock", "a stock image becomes the node at its first boot", 20,
         (f"{_GUESTS}/test_full_fields.py",)),
    *(Part(f"examples-{release}", f"the documentation's examples on Debian {release}", 35,
           (f"{_GUESTS}/test_examples.py",), ("docs/examples.md",), (release,))
      for release in ("11", "12", "13")),
)


def find_part(name: str) -> Part | None:
    """The part of that name."""
    return next((part for part in PARTS if part.name == name), None)


def list_parts() -> str:
    """A table for a person."""
    width = max(len(part.name) for part in PARTS)
    rows = []
    for part in PARTS:
        how = f"measured {part.measured}" if part.measured else "estimated"
        writes = f"; writes its rows of {', '.join(part.evidence)}" if part.evidence else ""
        rows.append(f"{part.name:{width}}  {part.minutes:2} min ({how})  {part.what}{writes}")
    return "\n".join([*rows, "", "./dev wide PART runs one, ./dev wide all one after the other."])
