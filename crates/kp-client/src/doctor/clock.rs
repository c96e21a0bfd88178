//! The clock of the brokers beside the one here.
//!
//! Kafka has no request for the time. Under KRaft, DescribeQuorum tells when each controller last
//! fetched, by the clock of their leader, and for that leader itself it tells "now". librdkafka has
//! no such request.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_quorum_request::{PartitionData, TopicData};
use kafka_protocol::messages::{DescribeQuorumRequest, DescribeQuorumResponse, TopicName};
use kafka_protocol::protocol::StrBytes;

#[cfg(feature = "tls")]
use super::login;
use super::route::Route;
use super::step::Finding;
use super::talk::Talk;
use super::wire::Wire;
use crate::addresses::at_once;
use crate::advice::Advice;

/// A clock that is off by more is worth a word: times of messages and of tokens are compared.
const OFF: Duration = Duration::from_secs(2);

/// The topic that the controllers keep the cluster in.
const CONTROLLERS: &str = "__cluster_metadata";

/// What else may tell the time.
const BY_PROBE: &str = "--probe tells it on a topic with message.timestamp.type=LogAppendTime";

/// Compares the clocks.
pub(crate) fn compare(route: &Arc<Route>, talks: &[Talk]) -> Finding {
    let Some(talk) = talks.iter().find(|talk| talk.knows_quorum) else {
        return Finding::untold(format!(
            "not told by this cluster, which is not under KRaft; {BY_PROBE}"
        ));
    };
    let shared = Arc::clone(route);
    let act = move |site: &(String, std::net::SocketAddr)| ask(&shared, site);
    let site = talk.site.sockets.first().map(|socket| (talk.site.address.host(), *socket));
    let answer = at_once(site.as_slice(), route.patience * 2, act).next();
    match answer.map(|(_, answer)| answer) {
        Some(Ok(read)) => read.finding(),
        Some(Err(why)) => Finding::untold(format!("not told: {why}; {BY_PROBE}")),
        None => Finding::untold(format!("not told in time; {BY_PROBE}")),
    }
}

/// How far the other clock is ahead, and how exact that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Skew {
    millis: i64,
    within: Duration,
}

impl Skew {
    /// What another clock showed, at a moment between `since` and now.
    pub(crate) fn of(shown_millis: i64, since: Instant) -> Self {
        let took = since.elapsed();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let middle = now.saturating_sub(took / 2).as_millis();
        let middle = i64::try_from(middle).unwrap_or(i64::MAX);
        Self { millis: shown_millis.saturating_sub(middle), within: took / 2 }
    }

    /// As it reads after "the broker's clock is".
    pub(crate) fn words(self) -> String {
        let size = Duration::from_millis(self.millis.unsigned_abs());
        let within = self.within.max(Duration::from_millis(1));
        if size <= within {
            return format!("the same, within {} ms", within.as_millis());
        }
        let side = if self.millis > 0 { "ahead" } else { "behind" };
        let size = if size < Duration::from_secs(10) {
            format!("{} ms", size.as_millis())
        } else {
            format!("{} s", size.as_secs())
        };
        format!("{size} {side}, within {} ms", within.as_millis())
    }

    /// What follows, where it is too much.
    pub(crate) fn doubt(self) -> Option<Advice> {
        let size = Duration::from_millis(self.millis.unsigned_abs());
        (size > OFF + self.within).then(|| {
            Advice::new(
                format!("the clock there and the one here differ: it is {}", self.words()),
                "set both by NTP: the times of messages, certificates and tokens are compared with them",
            )
        })
    }

    fn finding(self) -> Finding {
        let found = vec![format!("the controller's clock is {}", self.words())];
        match self.doubt() {
            Some(advice) => Finding::doubtful(found, advice),
            None => Finding::right(found),
        }
    }
}

fn ask(route: &Route, (host, socket): &(String, std::net::SocketAddr)) -> Result<Skew, String> {
    let mut wire = route.open(host, *socket).map_err(|advice| advice.cause)?.wire;
    log_in(route, &mut wire)?;
    let partition = PartitionData::default().with_partition_index(0);
    let topic = TopicData::default()
        .with_topic_name(TopicName(StrBytes::from_static_str(CONTROLLERS)))
        .with_partitions(vec![partition]);
    let request = DescribeQuorumRequest::default().with_topics(vec![topic]);
    let since = Instant::now();
    let answer = wire.ask(1, &request).map_err(|silence| silence.at("DescribeQuorum"))?;
    let shown = shown_by_leader(&answer)?;
    Ok(Skew::of(shown, since))
}

#[cfg(feature = "tls")]
fn log_in(route: &Route, wire: &mut Wire) -> Result<(), String> {
    if route.protocol.uses_sasl() { login::log_in(route, wire) } else { Ok(()) }
}

#[cfg(not(feature = "tls"))]
#[expect(clippy::unnecessary_wraps, reason = "it stands for the function of the build with TLS")]
fn log_in(_: &Route, _: &mut Wire) -> Result<(), String> {
    Ok(())
}

/// The time at the controllers' leader, in milliseconds since 1970.
fn shown_by_leader(answer: &DescribeQuorumResponse) -> Result<i64, String> {
    let refused = |code: i16| match code {
        0 => Ok(()),
        code if code == ResponseError::ClusterAuthorizationFailed.code() => {
            Err("that takes the ACL Describe on cluster kafka-cluster".to_owned())
        }
        code => Err(format!("Kafka's error {code}")),
    };
    refused(answer.error_code)?;
    let partition = answer.topics.iter().flat_map(|topic| &topic.partitions).next();
    let partition = partition.ok_or("no controllers are named")?;
    refused(partition.error_code)?;
    let mut voters = partition.current_voters.iter();
    let leader = voters.find(|voter| voter.replica_id == partition.leader_id);
    let leader = leader.ok_or("the controllers have no leader now")?;
    let shown = leader.last_fetch_timestamp;
    if shown > 0 { Ok(shown) } else { Err("the controller does not tell".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::super::step::Outcome;
    use super::*;

    fn skew(millis: i64, within_millis: u64) -> Skew {
        Skew { millis, within: Duration::from_millis(within_millis) }
    }

    #[test]
    fn a_difference_is_told_with_how_exact_it_is() {
        assert_eq!(skew(3, 5).words(), "the same, within 5 ms");
        assert_eq!(skew(-300, 0).words(), "300 ms behind, within 1 ms");
        assert_eq!(skew(3_600_000, 4).words(), "3600 s ahead, within 4 ms");
    }

    #[test]
    fn only_a_large_difference_is_worth_a_word() {
        assert_eq!(skew(1900, 5).finding().outcome, Outcome::Right);
        // It may as well be none.
        assert_eq!(skew(2500, 1000).finding().outcome, Outcome::Right);
        let far = skew(-120_000, 5).finding();
        let Outcome::Doubtful(advice) = far.outcome else { panic!("two minutes are too much") };
        assert!(advice.cause.contains("120 s behind"), "{advice}");
    }

    #[test]
    fn a_clock_is_read_between_question_and_answer() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let shown = i64::try_from(now.as_millis()).unwrap();
        let read = Skew::of(shown + 60_000, Instant::now());
        assert!((59_000..=60_000).contains(&read.millis), "{read:?}");
    }
}
