"""Flags of kube-proxy that its configuration file does not replace.

With --config the file stands for every other flag (kubernetes cmd/kube-proxy/app/options.go).
"""

from __future__ import annotations

BESIDE_CONFIG = frozenset({"config", "hostname-override", "v", "vmodule", "cleanup", "init-only",
                           "write-config-to", "version"})
# component-base/logs, and klog's own up to 1.25
LOGGING = frozenset({"logtostderr", "alsologtostderr", "log-dir", "log-file", "log-file-max-size",
                     "log-flush-frequency", "log-backtrace-at", "stderrthreshold", "one-output",
                     "skip-headers", "skip-log-headers", "add-dir-header", "vmodule",
                     "logging-format", "log-json-split-stream", "log-json-info-buffer-size",
                     "log-text-split-stream", "log-text-info-buffer-size"})
