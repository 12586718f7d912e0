"""The images and nodes that the guests' tests share: each built or booted once a session."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imagegen.bake.build import build
from imagegen.boot.cluster import ControlPlane, ServiceSpec, control_plane
from imagegen.boot.cluster.model import GUEST_VIEW
from imagegen.boot.seed import NodeIdentity
from imagegen.common.assets import asset
from imagegen.common.files import private_dir, sha256_bytes
from imagegen.common.places import cache_dir
from imagegen.common.progress import Silent
from imagegen.common.run import run
from imagegen.profile.load import load_profile
from imagegen.render.render import render
from tests.guests.harness import NodeClone, Recipe, Template, clone, frozen
from tests.guests.recipe_services import (
    NODE_ADDRESS,
    NODE_NAME,
    NODE_POD_ADDRESS,
    create_recipe,
    recipe_cluster,
)
from tests.profiles import place

BUILD_SECONDS = 1800.0

# The seed's node has these addresses; in a guest they lie on dummies and reach nobody.
ADDRESSES = (
    ("ip", "link", "add", "lan0", "type", "dummy"),
    ("ip", "address", "add", f"{NODE_ADDRESS}/24", "dev", "lan0"),
    ("ip", "link", "set", "lan0", "up"),
    ("ip", "link", "add", "flannel.1", "type", "dummy"),
    ("ip", "address", "add", f"{NODE_POD_ADDRESS}/32", "dev", "flannel.1"),
    ("ip", "link", "set", "flannel.1", "up"),
)


@dataclass(frozen=True, slots=True)
class SeedCluster:
    """The seed's services in a real API server, and a frozen node of one image that serves them."""

    plane: ControlPlane
    template: Template

    @contextmanager
    def node(self) -> Iterator[NodeClone]:
        """A node of one's own."""
        with clone(self.template) as node:
            yield node


def image_of(name: str) -> Path:
    """The image of a good profile, built where the cache has none of these sources."""
    return build(load_profile(place(name)), images(), Silent()).path


def image_by_packer_alone(name: str) -> Path:
    """The image of `profiles/NAME.yaml` as somebody makes it who runs Packer himself."""
    profile = load_profile(asset(f"profiles/{name}.yaml"))
    rendering = render(profile)
    home = images() / f"alone-{rendering.digest[:16]}"
    if not home.exists():
        images().mkdir(parents=True, exist_ok=True)
        with private_dir(images(), ".alone-") as folder:
            _render_inputs_build(name, folder / "tree")
            (folder / "tree").rename(home)
    return home / "packer" / "output" / f"{rendering.image_name}.qcow2"


def _render_inputs_build(name: str, tree: Path) -> None:
    """The three commands of the tree's own README, word for word."""
    profile, imagegen = str(asset(f"profiles/{name}.yaml")), [sys.executable, "-m", "imagegen"]
    run([*imagegen, "render", profile, "-o", str(tree)])
    run([*imagegen, "inputs", profile, "-o", "inputs"], cwd=tree / "packer", guarded=True)
    run(["packer", "build", "."], cwd=tree / "packer", guarded=True, timeout=BUILD_SECONDS,
        env={"CHECKPOINT_DISABLE": "1"})


def images() -> Path:
    """The folder of images made by exactly this code."""
    sources = sorted(asset("profiles").parent.glob("imagegen/bake/**/*.py"))
    return cache_dir("images") / sha256_bytes(b"\0".join(p.read_bytes() for p in sources))[:16]


@contextmanager
def seed_cluster(image: Path, kubernetes: str, api: str | None = None,
                 services: tuple[ServiceSpec, ...] = (),
                 also: Callable[[ControlPlane], None] = lambda _: None) -> Iterator[SeedCluster]:
    """The seed's cluster with kube-proxy of `image`, its API server of version `api`.

    `services` come beside; each leads to the API server itself. `also` puts in more.
    """
    with control_plane(recipe_cluster(api or kubernetes), Silent()) as plane:
        create_recipe(plane)
        for one in services:
            plane.create_endpoints(plane.create_service(one), [f"{GUEST_VIEW}:{plane.port}"])
        also(plane)
        identity = NodeIdentity(
            NODE_NAME, hostname="k8snode01", address=NODE_ADDRESS, level="table",
            api_servers=tuple(plane.api_servers()), kubeconfig=plane.kubeconfig(plane.guest_url),
            commands=ADDRESSES)
        with private_dir(cache_dir("frozen"), "session-") as folder:
            # of no use to another session: the kubeconfig is new each time
            yield SeedCluster(plane, frozen(Recipe(image, identity, prepare=SETTLED), folder))


# The boot is over, and so is the check's own run, which ends when the table has settled.
SETTLED = (
    ("systemctl", "is-system-running", "--wait"),
    ("sh", "-c", "while systemctl -q is-active imagegen-check.service; do sleep 1; done"),
)
