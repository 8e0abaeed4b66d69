"""All fuzzers."""

from tests.fuzz import certificates, files, results, theorems

FUZZERS = {module.NAME: module for module in (certificates, files, results, theorems)}
