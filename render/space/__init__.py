"""The camera in space: its moves and paths, depth, and what it uncovers."""
