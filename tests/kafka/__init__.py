"""Real Apache Kafka for the tests: see :mod:`tests.kafka.broker` and :mod:`tests.kafka.cluster`."""
