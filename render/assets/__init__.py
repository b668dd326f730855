"""Assets, the files and folders that a project names: one table of kinds, one way to find, fingerprint and load."""
