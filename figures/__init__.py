"""The figures of the paper: compute what is missing, store it, draw it."""
