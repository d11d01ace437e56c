"""Rate limits: rates, buckets shared by all processes, whose bucket it is, and the limit that every view has."""
