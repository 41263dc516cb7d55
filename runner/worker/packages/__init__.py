"""Packages of an image: what there is, their files in one archive, imports from it, libraries."""
