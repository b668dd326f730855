"""How pixels are thrown into a z-buffer: the numbers that both ways of the warp in space share."""

NEAREST = 1e-3  # units; what comes nearer than this is behind the camera
# Half a pixel's footprint: a share of its magnification, more than a half as depth maps are noisy; and pixels.
REACH, SLACK = 0.7, 0.02
STRETCH = 1.9  # magnifications beyond this are thrown more densely
DENSEST = 4  # footprints beyond this many pixels a side are left with gaps
CRACK = 6  # a gap with as many of nine hits around it is a crack in a surface, not a hole
TORN = 1.1  # neighbours whose distances differ by more than this factor stand on different things
MENDS = 2  # times that torn edges are mended
MARGIN = 3  # pixels around the z-buffer, for what lands beyond its edges
