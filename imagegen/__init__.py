"""imagegen: one cluster profile in, node images out that boot in IPVS mode and prove it."""

__version__ = "0.1.0"
