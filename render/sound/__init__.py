"""From a sound file to curves per frame that expressions can use. Knows no project."""
