"""Trained networks put to use: one alone or several together, an image or a folder."""
