"""The figures of the paper: compute what is missing, store it, draw it."""

from symbolic.signals import quiet_while_loading

quiet_while_loading(__name__)
