#!/bin/sh
# Stands in for a kubelet where a test wants the image to carry one: it knows its version.
[ "$1" = --version ] && echo "Kubernetes v1.34.4"
