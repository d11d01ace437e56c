"""What runs inside a service's own process, called by `benchmarks.stage.Inside`; each module needs the settings."""
