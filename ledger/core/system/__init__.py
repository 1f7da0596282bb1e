"""What the machine asks of the system it runs on: git, the terminal."""
