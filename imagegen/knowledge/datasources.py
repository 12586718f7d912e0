"""Where a node's user-data comes from, how much of it can come that way, and in which form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

KIB = 1024


class Datasource(StrEnum):
    """What cloud-init on the node asks for its user-data, in the profile's spelling."""

    NOCLOUD = "nocloud"
    EC2 = "ec2"
    AZURE = "azure"
    GCE = "gce"
    OPENSTACK = "openstack"
    VMWARE = "vmware"


class Form(StrEnum):
    """How user-data is handed over; the value is the end of the file's name."""

    PLAIN = ""
    GZIP = ".gz"
    BASE64 = ".b64"
    GZIP_BASE64 = ".gz.b64"

    @property
    def packed(self) -> bool:
        """Whether it is compressed."""
        return self in (Form.GZIP, Form.GZIP_BASE64)

    @property
    def text(self) -> bool:
        """Whether base64 makes text of it."""
        return self in (Form.BASE64, Form.GZIP_BASE64)


@dataclass(frozen=True, slots=True)
class Carrier:
    """A datasource: cloud-init's own names for it, its forms (the plainest first) and its limit.

    `limit` is in bytes, None for no limit. `counts_base64` says that the limit is on base64 which
    the API's client makes by itself. `hand_over` says how a file of each form gets there.
    """

    names: tuple[str, ...]
    forms: tuple[Form, ...]
    limit: int | None
    counts_base64: bool
    hand_over: str
    source: str

    def size(self, length: int, form: Form) -> int:
        """The bytes that count for `length` bytes in a form (compressed already if it is)."""
        return (length + 2) // 3 * 4 if form.text or self.counts_base64 else length

    def takes(self, length: int, form: Form) -> bool:
        """Whether so many bytes fit."""
        return self.limit is None or self.size(length, form) <= self.limit


# cloud-init decompresses whatever begins as gzip does (cloudinit/user_data.py, convert_string), so
# binary user-data is taken where the way to the node carries binary.
CARRIERS: dict[Datasource, Carrier] = {
    Datasource.NOCLOUD: Carrier(
        ("NoCloud",), (Form.PLAIN,), None, False,
        "put the folder's files on a volume labelled `cidata`; `imagegen seed` makes one",
        "cloud-init documentation, NoCloud"),
    Datasource.EC2: Carrier(
        ("Ec2",), (Form.PLAIN, Form.GZIP), 16 * KIB, False,
        "aws ec2 run-instances --user-data fileb://FILE",
        "Amazon EC2 API, RunInstances, UserData: 16 KB before base64"),
    Datasource.AZURE: Carrier(
        ("Azure",), (Form.PLAIN, Form.GZIP), 65_535, False, "az vm create --custom-data FILE",
        "Azure Compute REST API, osProfile.customData: 65535 bytes, decoded"),
    # a metadata value is text; cloudinit/sources/DataSourceGCE.py reads user-data-encoding
    Datasource.GCE: Carrier(
        ("GCE",), (Form.PLAIN, Form.GZIP_BASE64), 256 * KIB, False,
        "gcloud compute instances create --metadata-from-file user-data=FILE; for a .b64 file also "
        "--metadata user-data-encoding=base64",
        "Compute Engine API, metadata.items[].value: 262144 bytes"),
    # a config drive carries what the metadata service would
    Datasource.OPENSTACK: Carrier(
        ("ConfigDrive", "OpenStack"), (Form.PLAIN, Form.GZIP), 65_535, True,
        "openstack server create --user-data FILE",
        "OpenStack Compute documentation, user data: 65535 bytes in base64"),
    # the hypervisor's answer is `1 ` and the value, in one message
    Datasource.VMWARE: Carrier(
        ("VMware",), (Form.BASE64, Form.GZIP_BASE64), 64 * KIB - 2, False,
        "set guestinfo.userdata to the file's text, and guestinfo.userdata.encoding to base64 or, "
        "for a .gz.b64 file, gzip+base64",
        "open-vm-tools, guest_msg_def.h, GUESTMSG_MAX_IN_SIZE"),
}


def consulted(datasource: Datasource) -> tuple[str, ...]:
    """cloud-init's datasource_list for a node.

    NoCloud stays first: `imagegen verify` boots every image with a seed of its own, and where no
    volume is labelled `cidata` it is passed over at once.
    """
    names = ("NoCloud", *CARRIERS[datasource].names, "None")
    return tuple(dict.fromkeys(names))
