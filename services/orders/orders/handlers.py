"""One event, one service call: what orders does about what happened elsewhere."""
