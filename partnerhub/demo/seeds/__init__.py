"""The demo's data: a story told through the product's own transitions, at earlier dates."""
