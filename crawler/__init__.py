"""The Hub's side: HTTP in, records out. Knows no database."""
