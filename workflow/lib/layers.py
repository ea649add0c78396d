"""Layers of the config in words."""


def format_layers(layers: list[dict]) -> str:
    """Format the layers of the config: conv 32, max pool 2, dense 200."""
    return ", ".join(f"{kind.replace('_', ' ')} {size}" for layer in layers for kind, size in layer.items()) or "none"
