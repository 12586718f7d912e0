"""Read Debian's own packages, and write what they say to data/distributions/debian.yaml.

`python -m tests.knowledge.read_debian`: apt reads the index of each release (into a folder of its
own, never this machine's) and downloads the packages; nothing is installed.
"""

from __future__ import annotations

import datetime
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from imagegen.common.run import need, run
from tests.knowledge.data import FOLDER

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITES = {"11": "bullseye", "12": "bookworm", "13": "trixie"}
KERNEL = "linux-image-cloud-amd64"
# value -> the package whose version it is; the first one or two numbers of it are the value
VERSIONS = {"systemd": "systemd", "cloud_init": "cloud-init", "python.version": "python3",
            "kernel.series": KERNEL}
# value -> the package that the value is the name of
NAMES = {"manager": "apt", "packages.ipvsadm": "ipvsadm", "packages.ipset": "ipset",
         "packages.iptables": "iptables", "packages.conntrack": "conntrack",
         "kernel.package": KERNEL, "chrony.package": "chrony", "containerd": "containerd",
         "initramfs": "initramfs-tools"}
# value -> the package, and the file of it that the value is, or is proven by
FILES = {
    "masked.ipvsadm.service": (
        "ipvsadm", r"/etc/init\.d/ipvsadm|/lib/systemd/system/ipvsadm\.service"),
    "masked.e2scrub_reap.service": ("e2fsprogs", r"/lib/systemd/system/e2scrub_reap\.service"),
    "masked.grub-common.service": (
        "grub-common", r"/etc/init\.d/grub-common|/lib/systemd/system/grub-common\.service"),
    "masked.apt-daily.timer": ("apt", r"/lib/systemd/system/apt-daily\.timer"),
    "masked.apt-daily-upgrade.timer": ("apt", r"/lib/systemd/system/apt-daily-upgrade\.timer"),
    "chrony.program": ("chrony", r"/usr/sbin/chronyd"),
    "chrony.unit_path": ("chrony", r"/lib/systemd/system/chrony\.service"),
    "trust.command": ("ca-certificates", r"/usr/sbin/update-ca-certificates"),
    "archive_key": ("debian-archive-keyring",
                    r"/usr/share/keyrings/debian-archive-keyring\.gpg"),
    "applies_sysctl_conf": ("systemd", r"/etc/sysctl\.d/99-sysctl\.conf"),
    "drop_ins": ("openssh-server", r"/etc/ssh/sshd_config\.d/"),
}
# no package of these has a file of the name
ABSENT = {"reads_ipvs_modules": ("systemd", r"/etc/sysconfig/modules.*")}
YES_OR_NO = ("masked.", "applies_sysctl_conf", "drop_ins")
SCHEDULERS = ("RR", "WRR", "LC", "WLC", "LBLC", "LBLCR", "DH", "SH", "SED", "NQ", "MH", "FO",
              "OVF", "TWOS")


@dataclass(frozen=True, slots=True)
class Archive:
    """One release's packages, as apt sees them; without a folder, as this machine's apt does."""

    release: str
    folder: Path | None

    def apt(self, program: str, *arguments: str, cwd: Path | None = None) -> str:
        """What apt's program says of this release alone."""
        words = [word for key, value in self.options().items()
                 for word in ("-o", f"{key}={value}")]
        return run([need(program, "apt"), "-q", *words, *arguments], cwd=cwd, timeout=600).output

    def options(self) -> dict[str, str]:
        """What keeps apt to the folder and away from this machine's own state."""
        if self.folder is None:
            return {}
        return {"Dir::Etc::sourcelist": f"{self.folder}/sources.list",
                "Dir::Etc::sourceparts": "-", "Dir::State::Lists": f"{self.folder}/lists",
                "Dir::Cache": f"{self.folder}/cache", "Dir::State::status": "/dev/null",
                "APT::Architecture": "amd64", "APT::Sandbox::User": "root"}

    def field(self, package: str, name: str) -> str:
        """A field of the index's record of a package."""
        record = self.apt("apt-cache", "show", "--no-all-versions", package)
        found = re.search(rf"^{name}: (.*)$", record, re.M)
        if found is None:
            raise LookupError(f"debian {self.release}: {package} has no {name}")
        return found[1]

    def unpack(self, package: str) -> Path:
        """The root of a package's files."""
        assert self.folder is not None, "this machine's own apt unpacks nothing"
        root = self.folder / "roots" / package
        if not root.is_dir():
            debs = self.folder / "debs" / package
            debs.mkdir(parents=True)
            root.mkdir(parents=True)
            self.apt("apt-get", "download", package, cwd=debs)
            run([need("dpkg", "dpkg"), "-x", str(next(debs.glob("*.deb"))), str(root)], timeout=300)
        return root


def open_archive(release: str, folder: Path) -> Archive:
    """A release whose index apt has just read."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "sources.list").write_text(
        f"deb [signed-by={KEYRING}] http://deb.debian.org/debian {SUITES[release]} main\n")
    archive = Archive(release, folder)
    archive.apt("apt-get", "update")
    return archive


def find_path(root: Path, pattern: str) -> str | None:
    """The first file or folder below the root whose path fits; `/usr/lib` counts as `/lib`."""
    for path in sorted(root.rglob("*")):
        name = f"/{path.relative_to(root)}{'/' if path.is_dir() else ''}"
        for one in (name, name.removeprefix("/usr")):
            if re.fullmatch(pattern, one):
                return one
    return None


def read_index(archive: Archive) -> Iterator[dict[str, Any]]:
    """What the index alone says: versions and names."""
    for value, package in VERSIONS.items():
        version = archive.field(package, "Version")
        numbers = re.findall(r"\d+", version)
        short = int(numbers[0]) if value == "systemd" else ".".join(numbers[:2])
        yield {"value": value, "is": short, "says": f"{package} {version}"}
    for value, package in NAMES.items():
        yield {"value": value, "is": package,
               "says": f"{package} {archive.field(package, 'Version')}"}


def read_files(archive: Archive) -> Iterator[dict[str, Any]]:
    """What the packages' files say."""
    for value, (package, pattern) in {**FILES, **ABSENT}.items():
        path = find_path(archive.unpack(package), pattern)
        if value.startswith(YES_OR_NO) or value in ABSENT:
            says = f"{package}: {path or 'no such file'}"
            yield {"value": value, "is": path is not None, "says": says}
        elif path is None:
            raise LookupError(f"debian {archive.release}: {package} lacks {pattern}")
        else:
            is_command = value == "trust.command"
            yield {"value": value, "says": f"{package}: {path}",
                   "is": [path.rpartition("/")[2]] if is_command else path.rstrip("/")}


def read_contents(archive: Archive) -> Iterator[dict[str, Any]]:
    """What stands in files of the packages: the paths that their programs read and write."""
    script = (archive.unpack("ca-certificates") / "usr/sbin/update-ca-certificates").read_text()
    for line in ("CERTBUNDLE=ca-certificates.crt", "ETCCERTSDIR=/etc/ssl/certs",
                 "LOCALCERTSDIR=/usr/local/share/ca-certificates"):
        if line not in script:
            raise LookupError(f"debian {archive.release}: no {line} in update-ca-certificates")
    yield {"value": "trust.bundle", "is": "/etc/ssl/certs/ca-certificates.crt",
           "says": "ca-certificates: ETCCERTSDIR=/etc/ssl/certs, CERTBUNDLE=ca-certificates.crt "
                   "(/etc/ssl/certs/ca-certificates.crt)"}
    yield {"value": "trust.folder", "is": "/usr/local/share/ca-certificates",
           "says": "ca-certificates: LOCALCERTSDIR=/usr/local/share/ca-certificates"}
    text = (archive.unpack("chrony") / "usr/share/chrony/chrony.conf").read_text()
    line = next(line for line in text.splitlines() if line.startswith("sourcedir /etc"))
    yield {"value": "chrony.path", "is": f"{line.split()[1]}/imagegen.sources",
           "says": f"chrony: {line} (/etc/chrony/sources.d/imagegen.sources is read)"}
    python = archive.unpack("python3-minimal") / "usr/bin/python3"
    yield {"value": "python.path", "is": "/usr/bin/python3",
           "says": f"python3-minimal: /usr/bin/python3 -> {python.readlink()}"}


def read_kernel(archive: Archive) -> Iterator[dict[str, Any]]:
    """What the kernel's package says: its modules' names, and what its configuration leaves out."""
    package = archive.field(KERNEL, "Depends").split()[0]
    root = archive.unpack(package)
    module = next(root.rglob("ip_vs.ko*")).name
    yield {"value": "kernel.suffix", "is": module.removeprefix("ip_vs"),
           "says": f"{package}: {module}"}
    config = next((root / "boot").glob("config-*")).read_text()
    lacks = [f"ip_vs_{name.lower()}" for name in SCHEDULERS
             if f"# CONFIG_IP_VS_{name} is not set" in config]
    yield {"value": "kernel.lacks", "is": lacks,
           "says": f"{package}: not set in its configuration: {', '.join(lacks) or 'none'}"}
    name = next(root.rglob("nf_conntrack.ko*")).name
    yield {"value": "conntrack", "is": "nf_conntrack", "says": f"{package}: {name}"}


def main() -> None:
    """Write the file."""
    sources, facts = {}, []
    today = datetime.datetime.now(tz=datetime.UTC).date()
    for release, suite in SUITES.items():
        with tempfile.TemporaryDirectory() as folder:
            archive = open_archive(release, Path(folder))
            sources[suite] = {"where": f"http://deb.debian.org/debian, {suite} main amd64",
                              "read": today}
            for reader in (read_index, read_files, read_contents, read_kernel):
                facts += [{"of": [f"debian {release}"], **fact, "source": suite}
                          for fact in reader(archive)]
    head = "# Written by `python -m tests.knowledge.read_debian` from Debian's own packages.\n"
    lines = [f"  {name}: {yaml.safe_dump(source, default_flow_style=True, width=1000).strip()}\n"
             for name, source in sources.items()]
    rows = [f"- {yaml.safe_dump(fact, default_flow_style=True, width=1000, sort_keys=False)}"
            for fact in facts]
    Path(FOLDER, "debian.yaml").write_text(
        f"{head}sources:\n{''.join(lines)}facts:\n{''.join(rows)}")


if __name__ == "__main__":
    main()
