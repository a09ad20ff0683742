"""`python -m jobs.cli`: the program without its script."""

from jobs.cli.start import main

main()
