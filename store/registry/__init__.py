"""What people curate: families, and later the origins of publishers and the claims."""
