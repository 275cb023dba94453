"""A second population to judge detectors on, written from the wire contract and the scenarios.

A detector that is tuned on one simulator learns that simulator. This one is independent of the
project's own: but for tests, modules here import nothing of `app.simulation`, `app.detection` or
any other part of the project, and read nothing of it but what `reflux backtest` writes.
`tests/evaluation/test_independence.py` checks the imports. Keep it so: whoever adds a kind should
describe how such customers work, not what a detector makes of them.
"""
