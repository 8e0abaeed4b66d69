"""The same on every processor: `python -m tests.processors`. It is not part of the suite.

OpenBLAS chooses its kernels by the processor, and rounds otherwise in each of them. A stated part
of the suite (the searches, zero noise, certificates, the oracles of the engine) runs once for every
kind of kernels and number of threads, each in a process of its own.
"""
