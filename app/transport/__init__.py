"""Record batches into Faust: one message for each fetched chunk of a partition.

Read in this order: ``chunks`` (what an agent gets), ``records`` (bytes of a fetch response into
chunks), ``thread`` and ``placement`` (the Kafka client), ``pump`` (chunks into streams),
``consumer`` (acknowledgement and positions), ``driver`` (what Faust loads), ``watchdog`` (the end
of a worker that hangs), ``pinned`` (the private interfaces all this stands on).
"""
