"""One event, one service call: what catalog does about what happened elsewhere."""
