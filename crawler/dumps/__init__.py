"""Dumps of the Hub's listing as Parquet files, of the form that the public hub-stats dumps have."""
