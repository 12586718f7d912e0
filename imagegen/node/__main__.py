"""`python3 -m imagegen.node`: the check from a checkout."""

from __future__ import annotations

import sys

from .cli import main

sys.exit(main())
