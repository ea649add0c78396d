"""The shape of the study's images and the number of their classes. No other module defines them."""

SIDE = 28
PIXELS = SIDE**2
SHAPE = (SIDE, SIDE, 1)
CLASSES = 10
