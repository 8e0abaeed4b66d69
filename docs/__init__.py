"""The documentation: pages, and what builds and measures them."""
