from kafka import KafkaConsumer
from json import loads

# KafkaConsumer 인스턴스 생성
consumer = KafkaConsumer(
    'topic1',  # 메시지를 소비할 토픽명
    bootstrap_servers=['localhost:9092'],  # Kafka 브로커 주소
    auto_offset_reset='earliest',  # 가장 처음 메시지부터 소비
    enable_auto_commit=True,  # 오프셋을 자동으로 커밋
    group_id='test-group',  # 컨슈머 그룹 식별자
    value_deserializer=lambda x: loads(x.decode('utf-8')),
    # 메시지 값 역직렬화 (JSON 파싱)
    consumer_timeout_ms=1000  # 1초간 메시지를 기다린 후 종료
)

print('[Start] get consumer')

# 메시지를 계속 소비하며 출력
for message in consumer:
    print(f'Topic : {message.topic}, Partition : {message.partition}, Offset : {message.offset}, Key : {message.key}, value : {message.value}')

print('[End] get consumer')
