//! Topics to send to: whether they are there, or can be made.

use std::time::{Duration, Instant};

use kp_rdkafka::admin::{Isolation, OffsetQuery};
use kp_rdkafka::{Place, TopicHandle};
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::metadata::Metadata;

use super::destination::Destination;
use super::{GLANCE, Producer};
use crate::connect;
use crate::error::Error;
use crate::offsets::{Answer, Question, may_pass};

/// How long brokers may take to know that they lead what was just made.
const LEADS: Duration = Duration::from_secs(2);

impl Producer {
    /// Makes sure that this topic is there to send to.
    ///
    /// # Errors
    /// It is not, may not be written, or has no leader; no answer.
    pub fn look_for(&mut self, topic: &str) -> Result<(), Error> {
        self.topic(topic).map(|_| ())
    }

    /// The id of the cluster, where a broker tells it.
    pub fn cluster_id(&self) -> Option<String> {
        self.client.cluster_id(self.patience)
    }

    /// The index of a topic, which is looked for on the broker when it is first asked for.
    pub(super) fn topic(&mut self, name: &str) -> Result<usize, Error> {
        // Most often it is that of the message before.
        if self.topics.get(self.to.0).is_some_and(|last| last.name == name) {
            return Ok(self.to.0);
        }
        match self.indices.get(name) {
            Some(index) => Ok(*index),
            None => self.open_topic(name),
        }
    }

    /// Waits until the topic has partitions: a broker that makes topics on first use needs a
    /// moment.
    ///
    /// With idempotence this is also the second answer after that of the first contact. librdkafka
    /// asks for its producer id when metadata comes. At the first answer the broker's own
    /// connection is not up yet, and librdkafka would ask again only on a timer of 500 ms.
    pub(super) fn open_topic(&mut self, name: &str) -> Result<usize, Error> {
        let limit = self.ask_limit(name);
        let start = Instant::now();
        let deadline = start + self.patience;
        let metadata = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let metadata = self.client.metadata(Some(name), left.max(GLANCE)).map_err(|error| {
                Error::of(format!("cannot ask {} about topic {name}", self.broker), &error)
            })?;
            let named = &self.settings.kafka.bootstrap_servers;
            let brokers = connect::broker_count(&metadata, named);
            let error = metadata
                .topics()
                .iter()
                .find(|topic| topic.name() == name)
                .and_then(|topic| topic.error())
                .map(Code::from);
            if connect::topic(&metadata, name)
                .is_some_and(|topic| topic.partitions().iter().any(|p| p.leader() >= 0))
            {
                break metadata;
            }
            match error {
                Some(code @ (Code::TopicAuthorizationFailed | Code::InvalidTopic)) => {
                    return Err(
                        Error::at(format!("topic {name}"), code).needs(self.acls_to_open(name))
                    );
                }
                Some(Code::UnknownTopicOrPartition | Code::UnknownTopic)
                    if left.is_zero()
                        || (!self.create_topics && connect::is_certain(brokers, start)) =>
                {
                    return Err(self.no_topic(name));
                }
                _ if left.is_zero() => {
                    return Err(Error::Stalled(format!(
                        "no partition of topic {name} on {} has a leader; is a broker down?",
                        self.broker
                    )));
                }
                _ => std::thread::sleep(GLANCE.min(left)),
            }
        };
        self.wait_until_led(name, &metadata);
        let topic = TopicHandle::new(&self.client, name)
            .map_err(|code| Error::at(format!("topic {name}"), code))?;
        let index = self.topics.len();
        self.topics.push(Destination::new(name, topic, limit));
        self.indices.insert(name.to_owned(), index);
        Ok(index)
    }

    /// Waits until the leaders of a topic that was just made know that they lead. Brokers tell who
    /// leads a moment before that, and refuse messages in between.
    ///
    /// A message can be lost by it although it counts as acknowledged. The first request to a
    /// partition is refused. The second, under way already, is taken: to a partition that knows
    /// nothing of a producer Kafka takes any first sequence number
    /// (`ProducerAppendInfo.checkSequence`). librdkafka then holds the first for stored
    /// (`rd_kafka_dr_implicit_ack`).
    fn wait_until_led(&self, name: &str, metadata: &Metadata) {
        if connect::is_embedded(&self.client, self.patience) {
            return;
        }
        let partitions = connect::topic(metadata, name).map_or(&[][..], |topic| topic.partitions());
        let led = partitions.iter().filter(|partition| partition.leader() >= 0);
        let places: Vec<Place> = led.map(|partition| (name.to_owned(), partition.id())).collect();
        let deadline = Instant::now() + LEADS.min(self.patience);
        while !places.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            let queries = [OffsetQuery::Latest];
            let isolation = Isolation::ReadUncommitted;
            let mut question = Question::ask(&self.client, &places, &queries, isolation, left);
            let answer = question.answer(left);
            let is_open =
                |answer: &Answer| answer.failure().is_some_and(|(_, code)| may_pass(code));
            if left.is_zero() || !answer.as_ref().is_some_and(is_open) {
                return;
            }
            std::thread::sleep(GLANCE.min(left));
        }
    }

    /// Kafka does not tell a user without `Write` whether a topic exists.
    fn acls_to_open(&self, name: &str) -> String {
        if self.create_topics {
            format!("Write on topic {name} (and Create on topic {name} if it does not exist yet)")
        } else {
            format!("Write on topic {name}")
        }
    }

    fn no_topic(&self, name: &str) -> Error {
        let command = if connect::is_embedded(&self.client, self.patience) {
            format!("`kp-broker --topic {name}` starts with it")
        } else {
            format!(
                "`kp-admin topics create {name} --partitions 1 --replication-factor 1` makes it"
            )
        };
        Error::NoTopic {
            topic: name.to_owned(),
            broker: self.broker.clone(),
            advice: if self.create_topics {
                format!("this broker does not make topics on first use; {command}")
            } else {
                format!("{command}, or allow it on first use: producer.create_topics = true")
            },
        }
    }
}
