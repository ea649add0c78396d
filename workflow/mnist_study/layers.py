"""The layers of the config: their kinds and options, and their effect on the size of an image."""

# Stands for a layer that has no other option: {conv: 32} is {conv: {filters: 32}}.
MAIN = {
    "dense": "units",
    "conv": "filters",
    "max_pool": "size",
    "average_pool": "size",
    "dropout": "rate",
    "activation": "function",
}
DEFAULTS: dict[str, dict] = {
    "dense": {"activation": "relu"},
    "conv": {"size": 3, "padding": "valid", "activation": "relu"},
}
POOLS = ("max_pool", "average_pool")
GLOBAL_POOLS = ("global_max_pool", "global_average_pool")


def read_layer(layer: str | dict) -> tuple[str, dict]:
    """Read a layer of the config: its kind, and all of its options by name, with the defaults."""
    if isinstance(layer, str):
        return layer, {}
    [(kind, value)] = layer.items()
    given = value if isinstance(value, dict) else {MAIN[kind]: value}
    return kind, given | {name: default for name, default in DEFAULTS.get(kind, {}).items() if name not in given}


def shorten_layer(layer: str | dict) -> str | dict:
    """Write a layer in its shortest form, so that layers of the same meaning are the same setting."""
    kind, options = read_layer(layer)
    given = {name: value for name, value in options.items() if DEFAULTS.get(kind, {}).get(name) != value}
    if not options:
        return layer
    return {kind: given[MAIN[kind]] if list(given) == [MAIN[kind]] else given}


def shrink_image(side: int, kind: str, options: dict) -> int:
    """Compute a side of an image in pixels after a convolution or a pooling layer; 0 if no pixel is left."""
    if kind in POOLS:
        return side // options["size"]
    return side if options["padding"] == "same" else max(0, side - options["size"] + 1)
