"""The command line's parts: the terminal, the frame every command runs in, and the commands about records."""
