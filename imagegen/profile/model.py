"""The cluster profile: one section a noun of the cluster, the node and the image."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from imagegen.profile.api import Api, Traffic
from imagegen.profile.cloud_init import CloudInit
from imagegen.profile.cluster import Cluster
from imagegen.profile.fields import Duration, LineText, Name, NodePath, Section
from imagegen.profile.gate import Gated
from imagegen.profile.image import Image
from imagegen.profile.kubeproxy import KubeProxy
from imagegen.profile.node_os import Os


class Metadata(Section):
    """What the image is called."""

    name: Name
    description: Annotated[LineText, Field(max_length=10_240)] = ""


class Check(Gated):
    """How the node proves itself."""

    timeout: Duration = "300s"
    # a Python of the user's own, where the distribution has none that is new enough
    python: NodePath | None = None
    api: Api | None = None
    traffic: Traffic | None = None


class Profile(Section):
    """A cluster profile, `apiVersion: imagegen/v1alpha1`."""

    api_version: Literal["imagegen/v1alpha1"]
    kind: Literal["ClusterProfile"]
    metadata: Metadata
    os: Os = Os()
    cluster: Cluster = Cluster()
    kube_proxy: KubeProxy
    image: Image = Image()
    cloud_init: CloudInit = CloudInit()
    check: Check = Check()
