"""One event, one service call: what users does about what happened elsewhere."""
