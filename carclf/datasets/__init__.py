"""Dataset versions: bringing them in, freezing, treating, and looking after them."""
