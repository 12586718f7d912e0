"""The verbs of a built image: `verify`, and `seed` for a node of one."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from imagegen.cli.common import ACCELERATOR, PROFILE, drawn_progress, say
from imagegen.node.options import FORMATS


@click.command()
@click.argument("image", type=click.Path(path_type=Path), metavar="IMAGE")
@click.option("--cluster", metavar="local", type=click.Choice(["local"]),
              help="Prove the table as well: a real etcd and API server on this machine.")
@click.option("--profile", type=click.Path(path_type=Path), metavar="PROFILE",
              help="The profile of the image, needed with --cluster for its ranges and version.")
@click.option("--clones", default=1, show_default=True, metavar="N",
              help="Boot so many at once; two and more must be nodes of their own.")
@click.option("--timeout", default=900.0, show_default=True, metavar="SECONDS",
              help="How long a node may take from power-on to its verdict.")
@click.option("--format", "shape", type=click.Choice(FORMATS), default="text", show_default=True,
              help="How to say it; the node's own check has the same formats.")
@click.option("--json", "shape", flag_value="json", help="The same as --format json: a line each.")
@click.option("--keep-log", type=click.Path(path_type=Path), metavar="DIR",
              help="Keep each node's console there.")
@ACCELERATOR
def verify(image: Path, cluster: str | None, profile: Path | None, clones: int, timeout: float,
           shape: str, keep_log: Path | None, accelerator: str) -> None:
    """Boot the sealed IMAGE on a throwaway overlay and hear its verdict.

    Needs no ssh and no password. Without --cluster the verdict is of level kernel, with it of level
    table. The image's bytes are proven unchanged.

    \b
    imagegen verify images/edge-0123456789ab.qcow2                    level kernel
    imagegen verify images/edge-0123456789ab.qcow2 --cluster local    level table
    imagegen verify images/edge-0123456789ab.qcow2 --clones 2 --json  two nodes of their own
    imagegen verify images/edge-0123456789ab.qcow2 --format junit     for a CI
    """
    from imagegen.bake.accelerator import Accelerator
    from imagegen.boot.proof import prove
    from imagegen.report.proof import proof_in, shown_on

    with drawn_progress() as progress:
        proof = prove(image, progress, cluster=cluster is not None, profile=profile,
                             clones=clones, timeout=timeout, keep_log=keep_log,
                             accelerator=Accelerator(accelerator))
    click.echo(proof_in(proof, shape, shown_on(sys.stdout)), nl=False)
    raise click.exceptions.Exit(0 if proof.green else 1)


@click.command()
@PROFILE
@click.option("--name", required=True, help="The node's name in the cluster.")
@click.option("--hostname", default="", help="The host's name, where it is not the node's. A "
              "kubelet registers under the host's name where nothing else is said to it.")
@click.option("--address", help="The node's own address, for kube-proxy 1.25 and older.")
@click.option("--server", metavar="URL", help="The API server, as kube-proxy reaches it.")
@click.option("--ca", type=click.Path(path_type=Path, exists=True), metavar="FILE",
              help="The PEM of the cluster's certificate authority: ca.crt of the ConfigMap "
              "kube-root-ca.crt.")
@click.option("--token", "token", metavar="env:NAME|file:PATH",
              help="Where kube-proxy's token is: one of a service account that is bound to "
              "system:node-proxier. It goes into the seed only.")
@click.option("--full", is_flag=True,
              help="For a stock image: all that would be baked travels in the seed. It may compile "
              "kube-proxy first, which takes minutes.")
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="FILE",
              required=True, help="The NoCloud volume to write, or for another datasource "
              "of the profile its user-data (mode 0600: it holds the token).")
def seed(profile: Path, name: str, hostname: str, address: str | None, server: str | None,
         ca: Path | None, token: str | None, full: bool, out: Path) -> None:
    """Write the seed of one node: what is its own, not the image's.

    kube-proxy's account, once for a cluster, and its token, for each seed (Kubernetes 1.24 and
    newer). The token ends after its duration, which the API server may shorten; kube-proxy reads
    its file again, so a new one is written over it on the node before that.

    \b
    kubectl -n kube-system create serviceaccount kube-proxy
    kubectl create clusterrolebinding node-proxier --clusterrole=system:node-proxier \\
      --serviceaccount=kube-system:kube-proxy
    kubectl -n kube-system get configmap kube-root-ca.crt \\
      -o jsonpath='{.data.ca\\.crt}' > ca.pem
    export PROXY_TOKEN="$(kubectl -n kube-system create token kube-proxy --duration=8760h)"

    \b
    imagegen seed edge.yaml --name n1 --server https://192.168.1.142:6443 \\
      --ca ca.pem --token env:PROXY_TOKEN -o n1.img
    """
    from imagegen.boot.node_seed import missing_credentials, write_seed
    from imagegen.common.files import require_writable
    from imagegen.knowledge.datasources import CARRIERS, Datasource
    from imagegen.profile.load import load_profile

    wanted = load_profile(profile)
    require_writable(out.parent)
    with drawn_progress() as progress:
        write_seed(wanted, out, progress, name=name, hostname=hostname,
                   address=address, server=server, ca=ca, token=token, full=full)
    for lack in missing_credentials(wanted, ca, token):
        say(f"note: {lack}")
    datasource = wanted.cloud_init.datasource
    what = (f"attach it to the node {name} as a disk or CD" if datasource is Datasource.NOCLOUD else
            f"the user-data of the node {name}; {CARRIERS[datasource].hand_over}")
    click.echo(f"{out}: {what}")
