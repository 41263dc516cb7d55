"""One pool as a service: HTTP over a Unix socket or TCP; needs the extra ``serve``."""
