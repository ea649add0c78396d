"""The shape of the study's images and the number of their classes: the one place that knows them."""

SIDE = 28
PIXELS = SIDE**2
SHAPE = (SIDE, SIDE, 1)
CLASSES = 10
