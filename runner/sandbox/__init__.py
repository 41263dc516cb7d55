"""One worker behind a stream of frames: how to talk with it, and how it can be lost."""
