"""Golden frames: SHA-256 of the pixels of every frame of many small films, so that a change of pixels is seen.

`python -m tests.goldens check` compares, `record` writes `goldens.json`.
"""
