"""The layers of the config: what they do to an image, and how they are called."""

KERNEL_SIDE = 3


def format_layers(layers: list[dict]) -> str:
    """Format the layers of the config: conv 32, max pool 2, dense 200."""
    return ", ".join(f"{kind.replace('_', ' ')} {size}" for layer in layers for kind, size in layer.items()) or "none"


def shrink_image(side: int, kind: str, size: int) -> int:
    """Give the side in pixels of the image that a conv or max_pool layer leaves of a square one; 0 for nothing."""
    return max(0, side - KERNEL_SIDE + 1) if kind == "conv" else side // size
