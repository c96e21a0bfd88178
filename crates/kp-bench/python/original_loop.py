"""The original exercise's loop: a JSON message, a flush, and so on, with acks=0 and gzip.

Prints the seconds of the loop alone, as the original does.
"""

import json
import sys
import time

from kafka import KafkaProducer

bootstrap, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])

producer = KafkaProducer(
    bootstrap_servers=[bootstrap],
    acks=0,
    compression_type="gzip",
    value_serializer=lambda value: json.dumps(value).encode("utf-8"),
)
start = time.time()
for i in range(count):
    producer.send(topic, value={"str": "result" + str(i)})
    producer.flush()
print("[Done]:", time.time() - start)
producer.close()
