"""What watches the system, made from k8s/monitoring/{slo,alerts}.yaml: rules, their tests, dashboards, runbooks.

`python -m tools.monitoring` writes all of it (`make monitoring`); with --check it names what is stale.
"""
