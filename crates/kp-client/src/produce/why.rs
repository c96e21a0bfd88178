//! Why a message failed, in words.

use kp_rdkafka::Delivery;
use rdkafka::error::RDKafkaErrorCode as Code;

use super::Producer;
use super::destination::Limit;
use crate::words;

/// Sends each message in a batch of its own.
const ALONE: &str = "`-X batch.num.messages=1` sends each message by itself";

/// What a batch has besides the keys and values, at least.
const FRAME: usize = 68;

impl Producer {
    /// Why a message was not delivered.
    pub(super) fn why(&self, code: Code, delivery: &Delivery) -> String {
        let topic = delivery.topic.as_deref().unwrap_or_default();
        match code {
            Code::MessageTimedOut => {
                let cause = self.cause();
                format!(
                    "not acknowledged within {:?} (--delivery-timeout){cause}",
                    self.delivery_timeout
                )
            }
            Code::PurgeQueue | Code::PurgeInflight if self.overdue.is_some() => {
                "never sent: the delivery timeout of a message before it was over".to_owned()
            }
            Code::PurgeQueue | Code::PurgeInflight => "its transaction was aborted".to_owned(),
            Code::MessageSizeTooLarge | Code::MessageBatchTooLarge => {
                self.why_refused_size(topic, delivery.size)
            }
            Code::InvalidRecord if !delivery.has_key => {
                "the topic takes no message without a key, if it is compacted; give the record a key: \
                 --key, or \"key\" of a JSON record"
                    .to_owned()
            }
            Code::InvalidRecord if self.batches.are_single => {
                format!("topic {topic} does not take it; the broker's log says why")
            }
            Code::InvalidRecord | Code::InvalidTimestamp | Code::InvalidDifferentRecord
                if !self.batches.are_single =>
            {
                format!(
                    "in one batch with a message that topic {topic} does not take{}, and refused with it; none of them is stored; \
                     {ALONE}",
                    if code == Code::InvalidTimestamp {
                        " (its time is out of the topic's bounds)"
                    } else {
                        ""
                    }
                )
            }
            code => words::said(code, ""),
        }
    }

    /// Why a message is not even queued.
    pub(super) fn why_not_queued(&self, code: Code) -> String {
        match code {
            Code::MessageSizeTooLarge => format!(
                "larger than {} bytes, the most that kp takes; `-X message.max.bytes=N` raises it here, and the topic's \
                 max.message.bytes counts as well",
                self.largest_message
            ),
            code => words::said(code, ""),
        }
    }

    /// What to change depends on what is too large: the message, or a batch of several.
    fn why_refused_size(&self, topic: &str, size: usize) -> String {
        let destination = self.topics.iter().find(|one| one.name == topic);
        let batches = &self.batches;
        match destination.map(|one| &one.limit) {
            Some(Limit::Known(limit))
                if batches.are_single || batches.size <= *limit || size + FRAME >= *limit =>
            {
                format!(
                    "too large for topic {topic}, which takes {limit} bytes at most (max.message.bytes there)"
                )
            }
            Some(Limit::Known(limit)) => format!(
                "its batch is too large for topic {topic}, which takes {limit} bytes at most (max.message.bytes there); `-X \
                 batch.size={limit}` keeps batches below that"
            ),
            _ if batches.are_single => {
                format!("too large for topic {topic}: raise max.message.bytes there")
            }
            _ => format!(
                "its batch is too large for topic {topic}, and kp may not ask how much that takes (ACL DescribeConfigs on topic \
                 {topic}); {ALONE}, or `-X batch.size=N` keeps batches below the topic's max.message.bytes"
            ),
        }
    }
}
