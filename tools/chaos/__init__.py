"""`make chaos`: load on a whole system of its own while faults strike, and a checker that has to find nothing."""
