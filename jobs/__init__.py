"""The users' side: wires crawler and store together. Knows the clock, the settings and the screen."""
