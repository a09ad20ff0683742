"""The tables' side: what was seen, its history, and every answer computed from it. Knows no HTTP."""
