"""The accelerator is tried, not assumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagegen.bake import accelerator
from imagegen.bake.accelerator import Accelerator, Choice, choose_accelerator, trial
from imagegen.common.errors import ExitCode, ToolError


@pytest.fixture(autouse=True)
def fresh() -> None:
    accelerator.kvm_trouble.cache_clear()


def test_the_trial_machine_ends_itself() -> None:
    assert trial(Accelerator.TCG)


def test_the_trial_agrees_with_the_cpu() -> None:
    """A /dev/kvm that interprets guests, on a CPU that cannot run them, must not pass for KVM."""
    assert not (trial(Accelerator.KVM) and accelerator.cpu_trouble(accelerator.CPUINFO))


def test_the_trial_fails_where_the_boot_sector_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = b"\xeb\xfe".ljust(510, b"\0") + b"\x55\xaa"
    monkeypatch.setattr(accelerator, "BOOT_SECTOR", endless)
    assert not trial(Accelerator.TCG, seconds=2)


def test_the_trial_fails_where_qemu_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    argv = accelerator.trial_argv
    monkeypatch.setattr(accelerator, "trial_argv",
                        lambda *args: [*argv(*args), "-device", "no-such-device"])
    assert not trial(Accelerator.TCG)


@pytest.mark.parametrize(("flags", "works"), [
    ("fpu vme vmx sse2", True), ("fpu svm", True), ("fpu hypervisor vmxx", False), ("fpu", False)])
def test_cpu_flags(tmp_path: Path, flags: str, works: bool) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nmodel name\t: svm\nflags\t\t: {flags}\nbugs\t: vmx\n")
    assert (accelerator.cpu_trouble(cpuinfo) is None) is works


def test_a_missing_device_is_named(tmp_path: Path) -> None:
    assert accelerator.device_trouble(tmp_path / "kvm") == f"there is no {tmp_path / 'kvm'}"


def test_a_device_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    assert "cannot be opened" in (accelerator.device_trouble(tmp_path) or "")


def test_auto_falls_back_and_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(accelerator, "KVM_DEVICE", tmp_path / "kvm")
    assert choose_accelerator() == Choice(
        Accelerator.TCG, f"there is no {tmp_path / 'kvm'}: tcg")


def test_auto_takes_kvm_where_a_trial_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerator, "kvm_trouble", lambda: None)
    assert choose_accelerator().accelerator is Accelerator.KVM


def test_kvm_where_it_does_not_work_is_an_error(
        monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(accelerator, "KVM_DEVICE", tmp_path / "kvm")
    with pytest.raises(ToolError, match="KVM does not work here: there is no") as caught:
        choose_accelerator(Accelerator.KVM)
    assert "tcg" in caught.value.hint and caught.value.exit_code is ExitCode.TOOL_FAILED


def test_tcg_needs_no_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    def never() -> str | None:
        raise AssertionError("probed")
    monkeypatch.setattr(accelerator, "kvm_trouble", never)
    assert choose_accelerator(Accelerator.TCG).accelerator is Accelerator.TCG
