"""Sends messages as fast as kafka-python does, all acknowledged."""

import sys

from kafka import KafkaProducer

bootstrap, topic, count, codec = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]

producer = KafkaProducer(
    bootstrap_servers=[bootstrap],
    acks="all",
    enable_idempotence=True,
    linger_ms=5,
    compression_type=None if codec == "none" else codec,
)
for i in range(count):
    producer.send(topic, value=b'{"str":"result%d"}' % i)
producer.flush()
producer.close()
