"""Masks, guides, symmetry, echo and colour references."""
