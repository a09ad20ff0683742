"""A Hub that runs on this machine: rows from a file, or generated; with limits and faults to order."""
