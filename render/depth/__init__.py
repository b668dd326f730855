"""How far things are: a guess, a picture, a video, or a network that looks at each frame."""
