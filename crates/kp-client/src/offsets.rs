//! Offsets of many partitions, asked of all their leaders at once, without waiting for the answer.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kp_rdkafka::admin::{AdminError, Isolation, ListedOffset, OffsetQuery, PendingOffsets};
use kp_rdkafka::{Client, Place};
use rdkafka::error::RDKafkaErrorCode as Code;

/// What was asked and is not yet answered.
pub(crate) struct Question {
    pending: Vec<(OffsetQuery, PendingOffsets)>,
    answer: Answer,
}

/// What the leaders said.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    partitions: BTreeMap<Place, Bounds>,
    failures: Vec<(Option<Place>, Code)>,
}

/// Where a partition begins and ends; none for what was not asked, or not answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// The earliest offset that is kept.
    pub(crate) low: Option<i64>,
    /// One past the latest message.
    pub(crate) end: Option<i64>,
    /// The first message at or after the time that was asked for.
    pub(crate) at: Option<i64>,
}

impl Question {
    /// Asks all of `queries` about each of these partitions, of which there is at least one.
    pub(crate) fn ask(
        client: &Client,
        places: &[Place],
        queries: &[OffsetQuery],
        isolation: Isolation,
        timeout: Duration,
    ) -> Self {
        let mut question = Self { pending: Vec::new(), answer: Answer::default() };
        for query in queries {
            let of: Vec<_> = places
                .iter()
                .map(|(topic, partition)| (topic.as_str(), *partition, *query))
                .collect();
            match PendingOffsets::ask(client, &of, isolation, timeout) {
                Ok(pending) => question.pending.push((*query, pending)),
                Err(error) => question.answer.failures.push((None, error.code())),
            }
        }
        question
    }

    /// The answer, once it is whole, if that is so within `wait`.
    pub(crate) fn answer(&mut self, wait: Duration) -> Option<Answer> {
        let deadline = Instant::now() + wait;
        while let Some((query, pending)) = self.pending.last() {
            let left = deadline.saturating_duration_since(Instant::now());
            let listed = pending.answer(left)?;
            self.answer.note(*query, listed);
            self.pending.pop();
        }
        Some(std::mem::take(&mut self.answer))
    }
}

impl Answer {
    fn note(&mut self, query: OffsetQuery, listed: Result<Vec<ListedOffset>, AdminError>) {
        let listed = match listed {
            Ok(listed) => listed,
            Err(error) => return self.failures.push((None, error.code())),
        };
        for one in listed {
            let place = (one.topic, one.partition);
            match one.result {
                Ok(offset) => {
                    let bounds = self.partitions.entry(place).or_default();
                    match query {
                        OffsetQuery::Earliest => bounds.low = offset,
                        OffsetQuery::Latest => bounds.end = offset,
                        OffsetQuery::At(_) => bounds.at = offset,
                    }
                }
                Err(error) => self.failures.push((Some(place), error.code)),
            }
        }
    }

    /// What is known of a partition.
    pub(crate) fn of(&self, topic: &str, partition: i32) -> Bounds {
        let found = self.partitions.get(&(topic.to_owned(), partition));
        found.copied().unwrap_or_default()
    }

    /// The first failure, with the partition that it is about if it is about one; one that does not
    /// pass by itself before others.
    pub(crate) fn failure(&self) -> Option<(Option<&Place>, Code)> {
        let lasting = self.failures.iter().find(|(_, code)| !may_pass(*code));
        let (place, code) = lasting.or(self.failures.first())?;
        Some((place.as_ref(), *code))
    }
}

/// Whether it is enough to ask again: a partition's leader is not known, or is a broker that is
/// just going away. `NoEnt` and `UnknownPartition` are librdkafka's own words for the former.
pub(crate) fn may_pass(code: Code) -> bool {
    matches!(
        code,
        Code::NoEnt
            | Code::UnknownPartition
            | Code::UnknownTopicOrPartition
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::ReplicaNotAvailable
            | Code::OffsetNotAvailable
            | Code::FencedLeaderEpoch
            | Code::UnknownLeaderEpoch
            | Code::BrokerTransportFailure
            | Code::BrokerNotAvailable
            | Code::DestroyBroker
            | Code::OperationTimedOut
            | Code::TimedOutQueue
            | Code::RequestTimedOut
    )
}

#[cfg(test)]
mod tests {
    use kp_rdkafka::admin::ItemError;

    use super::*;

    fn listed(partition: i32, result: Result<i64, Code>) -> ListedOffset {
        ListedOffset {
            topic: "t".to_owned(),
            partition,
            result: result.map(Some).map_err(|code| ItemError { code, text: code.to_string() }),
            timestamp: None,
        }
    }

    #[test]
    fn answers_to_several_queries_are_put_together_by_partition() {
        let mut answer = Answer::default();
        answer.note(OffsetQuery::Earliest, Ok(vec![listed(0, Ok(3)), listed(1, Ok(0))]));
        answer.note(OffsetQuery::Latest, Ok(vec![listed(0, Ok(9))]));
        let bounds = answer.of("t", 0);
        assert_eq!((bounds.low, bounds.end), (Some(3), Some(9)));
        let bounds = answer.of("t", 1);
        assert_eq!((bounds.low, bounds.end), (Some(0), None));
        assert_eq!(answer.of("u", 0), Bounds::default());
        assert_eq!(answer.failure(), None);
    }

    #[test]
    fn what_does_not_pass_by_itself_is_told_before_what_may() {
        let mut answer = Answer::default();
        let refused = Code::TopicAuthorizationFailed;
        answer.note(
            OffsetQuery::Latest,
            Ok(vec![listed(0, Err(Code::NotLeaderForPartition)), listed(1, Err(refused))]),
        );
        let place = ("t".to_owned(), 1);
        assert_eq!(answer.failure(), Some((Some(&place), refused)));
    }
}
