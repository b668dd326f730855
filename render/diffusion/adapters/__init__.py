"""IP-Adapters: pictures that speak beside the prompt (Ye et al. 2023, arXiv:2308.06721)."""
