"""The explorer: results as one HTML page that needs neither a server nor the network.

`documents` turns a result into plain values (lists, numbers, texts), each kind with the panels
that it has; `page` writes documents and the programs that show them into one file.
"""
