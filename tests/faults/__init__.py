"""What may go wrong while traffic flows, and the proof that nothing came of it."""

import pytest

# So that what fails there says with which values.
pytest.register_assert_rewrite("tests.faults.proof")
