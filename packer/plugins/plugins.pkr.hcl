# Read by `packer init` (Packer 1.7 and later). It lies outside the folder that `packer build` is
# given, because Debian's Packer 1.6.6 rejects `required_plugins` and has the builder inside.
packer {
  required_plugins {
    qemu = {
      source  = "github.com/hashicorp/qemu"
      version = ">= 1.1.0"
    }
  }
}
