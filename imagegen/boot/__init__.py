"""Image to verdict: QEMU, the seed, a control plane for tests."""
