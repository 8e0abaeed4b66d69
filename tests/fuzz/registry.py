"""All fuzzers."""

from tests.fuzz import certificates, theorems

FUZZERS = {module.NAME: module for module in (certificates, theorems)}
