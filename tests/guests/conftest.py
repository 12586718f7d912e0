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

from tests.guests.nodes import SeedCluster, image_by_packer_alone, image_of, seed_cluster

MODERN = "1.34.4"
OLD = "1.20.2"


@pytest.fixture(scope="session")
def quickstart_image() -> Path:
    """The sealed image of profiles/quickstart.yaml, built by `imagegen build`."""
    return image_of("quickstart")


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
