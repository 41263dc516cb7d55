"""Packages of an image: their list, the archive of their files, imports and shared objects."""
