"""A busy cluster: a hundred services, one of each kind that has no ordinary virtual server, and
somebody who changes endpoints all the time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from imagegen.boot.cluster import ControlPlane, ServicePort, ServiceSpec
from imagegen.boot.cluster.model import Object

COUNT = 100
ALIVE = 20  # of those that come and go
PAUSE = 0.25  # a check of a busy emulated node sees each of the hundred change about once
PORTS = (ServicePort(80, 8080),)
BALANCER = "203.0.113.7"  # as MetalLB would give it


def service(number: int) -> ServiceSpec:
    """One of the hundred."""
    return ServiceSpec("crowd", f"crowd-{number}", f"10.254.50.{number + 1}", PORTS)


def endpoints(number: int, turn: int) -> list[str]:
    """Up to four, none now and then; another turn has others."""
    count = (number + turn) % 5
    return [f"172.30.{40 + number % 20}.{10 * (turn % 20) + one + 1}:8080" for one in range(count)]


def create_crowd(plane: ControlPlane) -> None:
    """The hundred with their first endpoints, and the odd ones."""
    for number in range(COUNT):
        plane.create_endpoints(plane.create_service(service(number)), endpoints(number, 0))
    for made in ODD:
        plane.api.post("/api/v1/namespaces/crowd/services", made)
    balanced = plane.api.get("/api/v1/namespaces/crowd/services/balanced")
    balanced["status"] = {"loadBalancer": {"ingress": [{"ip": BALANCER}]}}
    plane.api.put("/api/v1/namespaces/crowd/services/balanced/status", balanced)
    plane.create_endpoints(ServiceSpec("crowd", "balanced", None, PORTS), ["172.30.36.9:8080"])


def _odd(name: str, **spec: object) -> Object:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "crowd"},
            "spec": spec}


_ONE_PORT = [{"name": "tcp-80", "port": 80, "targetPort": 8080}]
ODD = (
    _odd("elsewhere", type="ExternalName", externalName="example.org"),
    _odd("headless", clusterIP="None", ports=_ONE_PORT),
    _odd("empty", ports=_ONE_PORT),
    _odd("balanced", type="LoadBalancer", ports=_ONE_PORT),
    _odd("sctp", ports=[{"name": "sctp-132", "port": 132, "protocol": "SCTP"}]),
)


@contextmanager
def rolling(plane: ControlPlane) -> Iterator[list[int]]:
    """Somebody changes the endpoints of one service after the other; gives how many so far."""
    def change(step: int) -> None:
        turn, number = divmod(step, COUNT)
        plane.create_endpoints(service(number), endpoints(number, turn + 1))

    with _all_the_time(change) as changed:
        yield changed


@contextmanager
def coming_and_going(plane: ControlPlane) -> Iterator[list[int]]:
    """Somebody makes a service at each step, and removes the one of twenty steps before."""
    def change(step: int) -> None:
        made = guest_of_the_crowd(step)
        plane.create_endpoints(plane.create_service(made), endpoints(step, 1))
        if step >= ALIVE:
            plane.delete_service(made.namespace, guest_of_the_crowd(step - ALIVE).name)

    with _all_the_time(change) as changed:
        yield changed
    for step in range(max(0, changed[0] - ALIVE), changed[0]):
        plane.delete_service("crowd", guest_of_the_crowd(step).name)


def guest_of_the_crowd(step: int) -> ServiceSpec:
    """One that comes and goes."""
    return ServiceSpec("crowd", f"guest-{step}", f"10.254.51.{step % 250 + 1}", PORTS)


@contextmanager
def _all_the_time(change: Callable[[int], None]) -> Iterator[list[int]]:
    """A thread that takes one step after the other; gives how many so far.

    Raises at the end what a step raised: where nothing changes any more, green proves nothing.
    """
    stop, changed = threading.Event(), [0]

    def work() -> None:
        while not stop.wait(PAUSE):
            change(changed[0])
            changed[0] += 1
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(work)
        try:
            yield changed
        finally:
            stop.set()
        job.result()
