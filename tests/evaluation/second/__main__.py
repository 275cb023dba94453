"""``python -m tests.evaluation.second``."""

import sys

from tests.evaluation.second.command import main

if __name__ == "__main__":
    sys.exit(main())
