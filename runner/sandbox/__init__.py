"""One worker behind a stream of frames: protocol, deadlines, and losses."""
