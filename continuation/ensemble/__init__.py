"""The same question over many data sets, on any executor, stored in shards, resumable.

A *setting* is a model with a size, a noise and a weight decay; a *question* is asked of one data
set drawn for one setting and answers with named numbers; `ensemble` asks it of many and gives one
labelled table.
"""

import lazy_loader

# Names come from the stub beside this file, each when it is first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
