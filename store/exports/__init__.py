"""The lineage as files for other people's tools: one module a format, over the rows of `tables`."""
