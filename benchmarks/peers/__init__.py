"""What others would do for the same question, one program a file, each run as a process of its own."""
