"""The shape of the study's images, the number of their classes, and the names of their sets."""

SIDE = 28
PIXELS = SIDE**2
SHAPE = (SIDE, SIDE, 1)
CLASSES = 10
# What a network learns from, what validates it in the protocol of held-out images, and what tests it.
TRAINING, HELD_OUT, TEST = "training", "held-out", "test"
