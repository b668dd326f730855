"""ControlNets: pictures that steer the denoiser (Zhang, Rao and Agrawala 2023, arXiv:2302.05543)."""
