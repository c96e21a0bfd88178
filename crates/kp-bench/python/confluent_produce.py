"""Sends messages as fast as confluent-kafka does, all acknowledged."""

import sys

from confluent_kafka import Producer

bootstrap, topic, count, codec = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]

producer = Producer(
    {
        "bootstrap.servers": bootstrap,
        "acks": "all",
        "enable.idempotence": True,
        "linger.ms": 5,
        "compression.codec": codec,
    }
)
for i in range(count):
    value = b'{"str":"result%d"}' % i
    while True:
        try:
            producer.produce(topic, value)
            break
        except BufferError:
            producer.poll(0.01)
    if i % 1000 == 0:
        producer.poll(0)
producer.flush()
