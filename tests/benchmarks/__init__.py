"""Measurements with ratios, one thread; `make bench` prints them. Never part of `make test`."""
