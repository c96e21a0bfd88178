
from kafka import KafkaProducer
from json import dumps
import time

# KafkaProducer 인스턴스 생성
producer = KafkaProducer(
    acks=0,  # 메시지 전송 후 Kafka로부터의 응답을 안기다림
    compression_type='gzip',  # 메시지 gzip으로 압축하여 전송
    bootstrap_servers=['localhost:9092'],  # Kafka 브로커 주소
    value_serializer=lambda x: dumps(x).encode('utf-8')
    # 메시지 값 직렬화 (JSON으로 변환 후 UTF-8 인코딩)
)

start = time.time()  # 시작 시간 기록

# 1000개의 메시지를 보내기
for i in range(1000):
    data = {'str': 'result' + str(i)}  # 전송할 메시지 생성
    producer.send('topic1', value=data)  # 'topic1'에 메시지 전송
    producer.flush()  # 메시지가 전송될 때까지 기다림

print('[Done]:', time.time() - start)  # 실행 시간 출력
