"""A Hub that runs on this machine: rows from a file, or generated at any size, with limits and faults to order."""
