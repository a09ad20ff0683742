"""Snapshots: the lineage after one crawl as a folder of files that never changes, and the chain of all of them.

manifest      what a snapshot says of itself: its number, its crawl, every file's size and hash
creating      a crawl -> a folder of files, whole or not at all
marks         what every file says of the crawl behind it: which, of what day, complete or partial
rollups_file, quality_file, card, lineage_db, canned    one file each
dictionary    what each column is
verifying     whether a snapshot is what its manifest says, and the chain unbroken
listing       the snapshots of a folder
retention     which of them go, and how
partitions    the same Parquet files in folders by day, as one partitioned table
"""
