"""Moving pictures that a film is painted over, mixed with, or moved by."""
