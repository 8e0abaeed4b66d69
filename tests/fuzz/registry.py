"""All fuzzers."""

from tests.fuzz import certificates, files, theorems

FUZZERS = {module.NAME: module for module in (certificates, files, theorems)}
