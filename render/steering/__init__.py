"""What steers the painting beside the prompt: found, checked and told before a model is loaded."""
