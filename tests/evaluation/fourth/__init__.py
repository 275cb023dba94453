"""A fourth population to judge detectors on: customers who share cards, devices, lines and programs
for honest reasons, mostly several of these at once, and campaigns that hide among such.

It is written on the machinery of the second and third populations, and imports nothing else of the
project but in tests; `tests/evaluation/test_independence.py` checks that.
"""
