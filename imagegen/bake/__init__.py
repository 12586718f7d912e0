"""Tree to image: the base image, kube-proxy, Packer and the seal."""
