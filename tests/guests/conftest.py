"""The fixture of the guests' tests: `modern` and `recipe`, each a cluster with frozen nodes.

    def test_something(modern: SeedCluster) -> None:
        with modern.node() as node:          # awake in a second, thrown away afterwards
            node.run(["ipvsadm", "-Ln"])
            verdict = node.check("table")

The image is built once a session at most, booted once through its own boot loader, frozen when its
table has settled, and cloned for every test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imagegen.bake.accelerator import Accelerator
from imagegen.boot.proof import Proof, prove
from imagegen.boot.seed import NodeIdentity
from imagegen.common.progress import Silent
from tests.guests.harness import Recipe, Template, frozen
from tests.guests.nodes import (
    SETTLED,
    SeedCluster,
    image_by_packer_alone,
    image_of,
    seed_cluster,
)

MODERN = "1.34.4"
OLD = "1.20.2"
BOOT_SECONDS = 1200.0


@pytest.fixture(scope="session")
def quickstart_image() -> Path:
    """The sealed image of profiles/quickstart.yaml, built by `imagegen build`."""
    return image_of("quickstart")


@pytest.fixture(scope="session")
def two_clones(quickstart_image: Path) -> Proof:
    """Two clones of it, booted at once beside a real control plane, and what they said."""
    return prove(quickstart_image, Silent(), cluster=True, profile=None, clones=2,
                 timeout=BOOT_SECONDS, keep_log=None, accelerator=Accelerator.AUTO)


@pytest.fixture(scope="session")
def full_node_image() -> Path:
    """The sealed image of full-node.yaml."""
    return image_of("full-node")


@pytest.fixture(scope="session")
def full_node(full_node_image: Path) -> Template:
    """That image, booted without a cluster and frozen."""
    return frozen(Recipe(full_node_image, NodeIdentity("node-1", level="kernel"), prepare=SETTLED))


@pytest.fixture(scope="session")
def recipe_image() -> Path:
    """The sealed image of profiles/recipe.yaml, built by `packer build .` and no imagegen."""
    return image_by_packer_alone("recipe")


@pytest.fixture(scope="session")
def modern(quickstart_image: Path) -> Iterator[SeedCluster]:
    """The seed's cluster on a modern kube-proxy, node by node."""
    with seed_cluster(quickstart_image, MODERN) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def recipe(recipe_image: Path) -> Iterator[SeedCluster]:
    """The seed's cluster on the kube-proxy that the seed ran."""
    with seed_cluster(recipe_image, OLD) as cluster:
        yield cluster
