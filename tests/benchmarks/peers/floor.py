"""What nobody in Python can beat: ``confluent-kafka`` reads the same bytes and does nothing.

``consume`` with many messages at a time is its fastest call. One setting is not the default: a
partition whose queue is full is fetched again after 5 ms instead of a second, in which the queue of
so fast a reader runs dry.
"""

import sys

from confluent_kafka import Consumer, KafkaException

from tests.benchmarks.progress import Progress

BATCH = 10_000


def main(bootstrap: str, app_id: str, topic: str, step: str) -> None:
    progress = Progress(int(step))
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": app_id,
            "auto.offset.reset": "earliest",
            "fetch.queue.backoff.ms": 5,
        }
    )
    consumer.subscribe([topic])
    while True:
        messages = consumer.consume(BATCH, 0.1)
        for message in messages[:1]:  # an error would be alone
            if message.error() is not None:
                raise KafkaException(message.error())
        progress.add(len(messages))


if __name__ == "__main__":
    main(*sys.argv[1:])
