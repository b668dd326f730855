"""CLIP guidance as in Disco Diffusion: the gradient of a CLIP model pulls pictures towards their prompt."""
