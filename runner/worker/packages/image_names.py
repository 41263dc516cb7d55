"""Which image has which package, for the message of an import that fails."""

#: Top-level modules, by image. The first image that has a module is named.
IMAGES = {
    "scientific": "mpmath numpy sortedcontainers",
    "data": "PIL bs4 dateutil faker lxml matplotlib networkx numpy pandas pytz requests"
    " scipy seaborn sklearn statsmodels sympy",
}


def image_with(module: str) -> str | None:
    """Return the name of an image that has a top-level module; None if no image has it."""
    return next((image for image, names in IMAGES.items() if module in names.split()), None)
