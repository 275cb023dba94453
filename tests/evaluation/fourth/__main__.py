"""``python -m tests.evaluation.fourth``."""

import sys

from tests.evaluation.fourth.population import FOURTH
from tests.evaluation.second.command import main

if __name__ == "__main__":
    sys.exit(main(FOURTH))
