"""`python -m tests.profile.rewrite [NAME…]`: writes what is said now for the wrong profiles.

Read the difference before you keep it: the .txt is what the tests believe.
"""

from __future__ import annotations

import os
import sys
import tempfile

from tests.profile.test_wrong import NAMES, WRONG
from tests.verbs import called


def main() -> None:
    """Write NAME.txt for the names given, or for all."""
    os.chdir(WRONG)
    with tempfile.TemporaryDirectory() as out:
        for name in sys.argv[1:] or NAMES:
            said = called("render", f"{name}.yaml", "-o", f"{out}/out")
            if not said.err:
                sys.exit(f"nothing is wrong with {name}.yaml")
            (WRONG / f"{name}.txt").write_text(said.err)


if __name__ == "__main__":
    main()
