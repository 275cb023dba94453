"""Simulated populations and campaigns: traffic of the wire contract, with labels kept apart.

No public data set labels extraction accounts, so attacks are simulated, and benign traffic is
fitted to public traces (``calibration.yaml``). Nothing in the detector reads anything here.
"""
