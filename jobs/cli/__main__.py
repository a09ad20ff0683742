"""`python -m jobs.cli`: the program without its script."""

from jobs.cli.main import main

main()
