"""The program inside a sandbox: supervisor, zygote, judge and subject.

Standard library only, and never an import from the rest of ``runner``: these files are copied into
the image, and the digest of their bytes is what host and worker compare before the first lease.
"""
