"""How faithfully real red jobs are rebuilt: found, planned, run, failed in the same way."""
