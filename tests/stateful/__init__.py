"""Random walks through the product, held against a model in plain Python."""
