"""What the check asks beyond the node: its API server, and a connection through a service."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from imagegen.profile.addresses import Endpoint
from imagegen.profile.fields import Duration, LineText, NodePath, Section


class Api(Section):
    """Comparing the node's table with the cluster's objects, and telling the cluster."""

    kubeconfig: NodePath | None = None
    timeout: Duration = "30s"
    group: Annotated[LineText, Field(min_length=1, max_length=253)] | None = None
    condition: bool = False


class Traffic(Section):
    """One TCP connection through a virtual server: the API service's, unless told otherwise."""

    to: Endpoint | None = None
    timeout: Duration = "5s"
