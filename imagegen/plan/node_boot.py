"""How the node boots: the kernel's command line and swap."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.plan.facts import ALWAYS, Fact, Line, Links, Nothing, Proof, Rule, Template
from imagegen.plan.node_files import UNIT_FOLDER, file_fact
from imagegen.profile.model import Profile
from imagegen.profile.node_boot import Swap

KERNEL_ARGUMENTS = "/usr/lib/imagegen/kernel-arguments"
GRUB = "/etc/default/grub.d/90-imagegen.cfg"
SWAP_TARGET = "swap.target"


def kernel_argument_facts(profile: Profile) -> Iterator[Fact]:
    """`os.kernelArguments`: in the boot menu at bake, on the running kernel's line later."""
    arguments = profile.os.kernel_arguments
    for argument in arguments:
        yield Fact(
            f"kernel-argument.{argument}", "the profile asks for it",
            "kernel Documentation/admin-guide/kernel-parameters.txt",
            f"Add it to {KERNEL_ARGUMENTS}, run `update-grub` and reboot.",
            Line(KERNEL_ARGUMENTS, argument),
            Proof(Rule.KERNEL_ARGUMENT, {"argument": argument}, ALWAYS))
    if arguments:
        yield file_fact("grub", "a new kernel's boot menu gets the arguments, too",
                        "grub-mkconfig(8)", Template(GRUB, {"arguments": KERNEL_ARGUMENTS}))


def swap_facts(profile: Profile) -> Iterator[Fact]:
    """`os.swap`: off means that nothing swaps and that nothing will, whatever asks for it."""
    if profile.os.swap is not Swap.OFF:
        return
    yield Fact("swap.off", "a kubelet refuses to start on a node that swaps, and one that is told "
               "to bear it misjudges memory", "kubernetes cmd/kubelet, --fail-swap-on",
               "Run `swapoff -a`, and remove what turned it on.", Nothing(),
               Proof(Rule.SWAP, {}, ALWAYS))
    yield Fact(f"unit.{SWAP_TARGET}", "all swap of fstab, of partitions and of zram hangs on it",
               "systemd.special(7), swap.target", f"Run `systemctl mask {SWAP_TARGET}`.",
               Links(((f"{UNIT_FOLDER}/{SWAP_TARGET}", "/dev/null"),)),
               Proof(Rule.UNIT, {"name": SWAP_TARGET, "state": "masked"}, ALWAYS))
