"""``python -m tests.evaluation.second``."""

import sys

from tests.evaluation.second.command import main
from tests.evaluation.second.population import SECOND

if __name__ == "__main__":
    sys.exit(main(SECOND))
