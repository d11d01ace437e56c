"""Probes and metrics of every process, on a port that the gateway does not reach."""
