"""A third population to judge detectors on: customers who look like a campaign for honest reasons,
and campaigns that a thoughtful adversary would mount.

It is written on the machinery of the second population, and imports nothing else of the project
but in tests; `tests/evaluation/test_independence.py` checks that. Keep it so: whoever adds a kind
should describe how such customers work, not what a detector makes of them.
"""
