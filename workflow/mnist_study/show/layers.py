"""Describe the layers of the config in words."""

from mnist_study.layers import DEFAULTS, MAIN, read_layer, shorten_layer


def format_layers(layers: list) -> str:
    """Format the layers of the config: conv 32, max pool 2, dense 200."""
    return ", ".join(map(format_layer, layers)) or "none"


def format_layer(layer: int | str | dict) -> str:
    """Format a layer of the config, with the options that are not the default: conv 32 (5 × 5, stride 2)."""
    layer = shorten_layer(layer)
    kind, options = read_layer(layer)
    words = kind.replace("_", " ")
    if isinstance(layer, str):
        return words
    given = options if isinstance(layer[kind], dict) else {}
    described = {"size": "{0} × {0}", "stride": "stride {}", "padding": "{} padding", "activation": "{}"}
    more = [
        described[name].format(value)
        for name, value in given.items()
        if name in described and name != MAIN[kind] and DEFAULTS[kind][name] != value
    ]
    return " ".join([words, str(options[MAIN[kind]]), *([f"({', '.join(more)})"] if more else [])])
