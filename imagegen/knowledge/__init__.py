"""Tables of what the field knows: distributions, Kubernetes versions, schedulers. Data, no logic."""
