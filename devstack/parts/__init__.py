"""The parts of the stack, one file each: what it runs, what it needs, when it is ready."""
