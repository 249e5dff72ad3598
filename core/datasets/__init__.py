"""One file a source: how it is found, fetched, checked, and turned into tensors."""
