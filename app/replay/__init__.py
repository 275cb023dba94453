"""Backtests: recorded and simulated traffic through the decision code, without Kafka."""
