"""Classifier guidance, Disco Diffusion's way: a picture-text model's gradient pulls pictures to their prompt."""
