"""A bootable base image from a package mirror alone: no loop device, no device mapper.

`base_image(spec, progress)` answers from the cache or builds: mmdebstrap makes a root, `tree`
turns it into a cloud image, `ext4` and `disk` lay it out, `bootloader` makes it start under
SeaBIOS and under OVMF. The same mirror state gives the same bytes.
"""

from imagegen.bake.base.builder import base_image
from imagegen.bake.base.spec import DEFAULT_PACKAGES, BaseSpec
from imagegen.bake.base.store import BaseImage

__all__ = ["DEFAULT_PACKAGES", "BaseImage", "BaseSpec", "base_image"]
