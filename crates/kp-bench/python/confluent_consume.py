"""Prints the values of a topic, from its start until so many have come."""

import sys
import uuid

from confluent_kafka import Consumer

bootstrap, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])

consumer = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": str(uuid.uuid4()),
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
)
consumer.subscribe([topic])
out = sys.stdout.buffer
while count > 0:
    for message in consumer.consume(min(count, 10000), timeout=1.0):
        if message.error():
            sys.exit(str(message.error()))
        out.write(message.value() + b"\n")
        count -= 1
out.flush()
consumer.close()
