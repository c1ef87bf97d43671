"""The command `qa`: each command parses, calls one function, and prints."""
