"""Loops over pixels, compiled for the CPU they run on. Numba is imported here only, and only when pixels are there."""
