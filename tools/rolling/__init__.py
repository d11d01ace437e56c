"""A rolling restart of a running system under load, as Kubernetes does it: no request may fail, no order get lost."""
