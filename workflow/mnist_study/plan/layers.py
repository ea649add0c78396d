"""The layers of the config: their names, and their effect on the size of an image."""

KERNEL_SIDE = 3


def format_layers(layers: list[dict]) -> str:
    """Format the layers of the config: conv 32, max pool 2, dense 200."""
    return ", ".join(f"{kind.replace('_', ' ')} {size}" for layer in layers for kind, size in layer.items()) or "none"


def shrink_image(side: int, kind: str, size: int) -> int:
    """Compute the side in pixels of a square image after a conv or max_pool layer; 0 if no pixel is left."""
    return max(0, side - KERNEL_SIDE + 1) if kind == "conv" else side // size
