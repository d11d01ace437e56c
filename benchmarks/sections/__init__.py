"""One module for each group of measurements: `measure(stage)` returns a Section."""
