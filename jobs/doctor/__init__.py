"""What `doctor` looks at: each check is a function that says `ok`, `warning` or `problem`, why, and the way out."""
