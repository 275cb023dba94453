"""Reflux: a stream processor that finds and stops distillation campaigns."""

__version__ = "0.1.0"
