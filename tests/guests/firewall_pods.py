"""Pods and a network outside, in namespaces of a guest, and connections from each to services.

It runs on the guest's own Python. `setup` makes them, `serve` is a pod's program, `probe` prints
who is answered. An answer counts only with the server's name and the client's own words in it: a
connect alone proves nothing, and something else may answer.
"""

import ctypes
import json
import os
import socket
import subprocess
import sys
import threading

GATEWAY, DEVICE, OUTSIDE, WAY_OUT = "172.30.90.1", "cni0", "outside", "out0"
# names and addresses as the services of recipe_services.py have them
PODS = {"server-1": ("172.30.90.4/24",), "server-2": ("172.30.90.6/24", "172.30.36.5/32"),
        "client": ("172.30.90.7/24",)}
PROGRAMS = (("server-1", 8080), ("server-2", 3000), ("server-2", 8080))
TARGETS = {"service": ("10.254.72.60", 80, "server-1"),
           "node port": ("192.168.1.145", 28453, "server-2"),
           "pod": ("172.30.90.6", 8080, "server-2")}
CLIENTS = {"node": "", "pod": "client", "outside": OUTSIDE}
SECONDS = 2.5
NEW_NETWORK = 0x40000000
WORDS = b"are you there\n"


def ip(lines: list[str], *where: str) -> None:
    """Many commands by one process, for each costs a second on a busy emulated node."""
    subprocess.run(["ip", *where, "-batch", "-"], input="\n".join(lines), text=True, check=True)


def enter(namespace: str) -> None:
    if namespace:
        handle = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
        if ctypes.CDLL(None, use_errno=True).setns(handle, NEW_NETWORK):
            raise OSError(ctypes.get_errno(), namespace)


def setup() -> None:
    """A bridge with pods, a wire to a network outside, and no way out for packets that are lost."""
    # QEMU's own network would let them out, and something there might answer
    here = ["route add blackhole 172.30.0.0/16", f"link add {DEVICE} type bridge",
            f"address add {GATEWAY}/24 dev {DEVICE}", f"link set {DEVICE} up"]
    for number, name in enumerate((*PODS, OUTSIDE)):
        here += [f"netns add {name}",
                 f"link add pod{number} type veth peer name eth0 netns {name}",
                 f"link set pod{number} up"]
        here += [f"link set pod{number} master {DEVICE}"] if name != OUTSIDE else [
            f"link set pod{number} name {WAY_OUT}", f"address add 192.168.77.1/24 dev {WAY_OUT}",
            f"link set {WAY_OUT} up"]
    ip([one for one in here if one != f"link set pod{len(PODS)} up"])
    for name, addresses in PODS.items():
        set_up(name, GATEWAY, *addresses)
    set_up(OUTSIDE, "192.168.77.1", "192.168.77.2/24")
    ip(["route add 172.30.36.5/32 via 172.30.90.6"])
    for name, port in PROGRAMS:
        subprocess.Popen([sys.executable, __file__, "serve", name, str(port)],
                         start_new_session=True, stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def set_up(namespace: str, gateway: str, *addresses: str) -> None:
    """A namespace's end of its wire."""
    ip([*(f"address add {one} dev eth0" for one in addresses), "link set lo up",
        "link set eth0 up", f"route add default via {gateway}"], "-n", namespace)


def serve(name: str, port: str) -> None:
    """Answer each with this pod's name and what it said."""
    enter(name)
    server = socket.create_server(("0.0.0.0", int(port)))
    while True:
        connection, _ = server.accept()
        with connection:
            try:
                connection.settimeout(SECONDS)
                connection.sendall(f"{name} heard ".encode() + connection.recv(100))
            except OSError:
                continue


def probe() -> None:
    """Print as JSON who was answered by what."""
    pipes = {}
    for client, namespace in CLIENTS.items():
        reader, writer = os.pipe()
        if os.fork() == 0:
            enter(namespace)
            os.write(writer, json.dumps(all_answers()).encode())
            os._exit(0)
        os.close(writer)
        pipes[client] = reader
    sys.stdout.write(json.dumps({client: json.loads(os.read(reader, 4096))
                                 for client, reader in pipes.items()}))


def all_answers() -> list[str]:
    answered: dict[str, bool] = {}
    threads = [threading.Thread(target=lambda name=name: answered.update(
        {name: is_answered(*TARGETS[name])})) for name in TARGETS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(name for name in answered if answered[name])


def is_answered(address: str, port: int, server: str) -> bool:
    try:
        with socket.create_connection((address, port), timeout=SECONDS) as connection:
            connection.sendall(WORDS)
            heard = b""
            while part := connection.recv(100):
                heard += part
    except OSError:
        return False
    return heard == f"{server} heard ".encode() + WORDS


if __name__ == "__main__":
    {"setup": setup, "serve": serve, "probe": probe}[sys.argv[1]](*sys.argv[2:])
