"""Figures with their peers, measured in the same run on the same data. `make bench` writes RESULTS.md."""
