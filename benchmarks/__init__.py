"""Measurements beside peers and limits: `python -m benchmarks`. Never imported by the product."""
