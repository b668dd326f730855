"""Another denoiser than the model's own, from a file: found, checked against the model, read."""
