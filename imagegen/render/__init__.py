"""Facts to files: the node's file system, cloud-init, Packer and the manifest, in memory."""
