"""The figures of the paper: compute what is missing, store it, draw it."""

from symbolic.loading import begin_program

begin_program(__name__)
