"""``python -m tests.evaluation.third``."""

import sys

from tests.evaluation.second.command import main
from tests.evaluation.third.population import THIRD

if __name__ == "__main__":
    sys.exit(main(THIRD))
