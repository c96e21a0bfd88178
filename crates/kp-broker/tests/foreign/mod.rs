//! Clients other than librdkafka, frame by frame: what they are offered works.

mod garbage;
mod groups;
mod versions;
mod wire;

use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{ApiVersionsRequest, ProduceRequest, TopicName};

pub(crate) use wire::{Wire, frame};

use crate::running::Running;

/// What the broker offers.
fn offered(broker: &Running) -> Vec<ApiVersion> {
    let answer = Wire::to(broker.address).ask(0, &ApiVersionsRequest::default());
    assert_eq!(answer.error_code, 0);
    answer.api_keys
}

fn name(text: &str) -> TopicName {
    TopicName(text.to_owned().into())
}

/// A batch of one record, of which the broker reads the number of records and little else.
fn batch() -> Vec<u8> {
    let mut batch = vec![0; 61];
    batch[11] = 57;
    batch[16] = 2;
    batch[60] = 1;
    batch.extend([14, 0, 0, 0, 1, 2, b'v', 0]);
    batch
}

fn produce(acks: i16) -> ProduceRequest {
    let partition = PartitionProduceData::default().with_records(Some(batch().into()));
    ProduceRequest::default().with_acks(acks).with_timeout_ms(1000).with_topic_data(vec![
        TopicProduceData::default().with_name(name("topic1")).with_partition_data(vec![partition]),
    ])
}
