"""What holds for all tests.

Hypothesis gives no test a deadline, since no test asserts a time. A run that a shell started in the
background ignores SIGINT, and its children inherit that: what is interrupted here must hear it.
"""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("imagegen", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("imagegen")
