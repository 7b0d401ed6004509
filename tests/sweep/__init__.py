"""Tests made from the resolver: who may open and change what, and what bad input does."""
