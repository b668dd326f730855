"""LoRAs: small changes to a model's weights, with a strength for every frame."""
