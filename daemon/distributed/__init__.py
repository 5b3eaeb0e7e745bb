"""Many machines: the same stages behind a queue, with an object store in place of the cache folder."""
