//! Whether topics are still the same. A thread asks for their ids, which tell a topic from a later
//! one of the same name. The embedded broker knows no ids.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use kp_rdkafka::admin;
use rdkafka::error::RDKafkaErrorCode as Code;

/// The pause between two questions, and the shorter one while a topic is not there.
const OFTEN: Duration = Duration::from_secs(3);
const OFTENER: Duration = Duration::from_secs(1);
/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many answers in a row must say that a topic is gone: brokers hear of changes one after the
/// other.
const GONE: u32 = 2;

/// What became of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It was deleted, and is not there any more.
    Deleted(String),
    /// There is another one of its name, with so many partitions; `after` is when the old one was
    /// seen last.
    MadeAgain { topic: String, partitions: i32, after: Instant },
    /// It is there again, and is the same.
    Back(String),
}

/// What an answer says of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Id { id: String, partitions: i32 },
    Missing,
}

/// A topic as it was seen last.
#[derive(Debug)]
struct Known {
    /// None until an answer names it: all that is known then is that there was such a topic.
    id: Option<String>,
    seen: Instant,
    missing: u32,
}

/// The topics that were ever seen.
#[derive(Debug, Default)]
struct Topics(BTreeMap<String, Known>);

impl Topics {
    /// Takes note of a topic that was there at `seen`, before its id was asked for.
    fn there(&mut self, topic: String, seen: Instant) {
        self.0.insert(topic, Known { id: None, seen, missing: 0 });
    }

    /// Takes note of an answer to a question that was asked at `asked`.
    fn note(&mut self, topic: String, seen: Seen, asked: Instant) -> Option<Change> {
        let Some(known) = self.0.get_mut(&topic) else {
            if let Seen::Id { id, .. } = seen {
                self.0.insert(topic, Known { id: Some(id), seen: asked, missing: 0 });
            }
            return None;
        };
        match seen {
            Seen::Missing => {
                known.missing = known.missing.saturating_add(1);
                (known.missing == GONE).then_some(Change::Deleted(topic))
            }
            Seen::Id { id, partitions } => {
                let was_gone = std::mem::take(&mut known.missing) >= GONE;
                let after = std::mem::replace(&mut known.seen, asked);
                let is_new = match known.id.replace(id.clone()) {
                    Some(before) => before != id,
                    // Whether it is the same cannot be known: nothing of a new one may be missed.
                    None => was_gone,
                };
                if is_new {
                    return Some(Change::MadeAgain { topic, partitions, after });
                }
                was_gone.then_some(Change::Back(topic))
            }
        }
    }

    fn any_missing(&self) -> bool {
        self.0.values().any(|known| known.missing > 0)
    }
}

/// What the watch is called for.
#[derive(Debug)]
enum Call {
    /// To ask now, for the time of this number.
    Ask(u64),
    /// To watch these topics too, which were seen to be there.
    Also(Vec<String>),
}

/// The watch over a consumer's topics; its thread ends with it.
#[derive(Debug)]
pub(super) struct Watch {
    changes: Receiver<Change>,
    /// Whether there are changes, so that a glance is cheap.
    any: Arc<AtomicBool>,
    wake: Sender<Call>,
    woken: u64,
    /// The last call to wake up after which all was asked once more.
    answered: Arc<AtomicU64>,
}

impl Watch {
    /// Watches these topics from now on, of which these are known to be there.
    pub(super) fn start(
        client: kp_rdkafka::Client,
        names: Vec<String>,
        there: impl IntoIterator<Item = String>,
    ) -> Self {
        let (tell, changes) = mpsc::channel();
        let (wake, calls) = mpsc::channel();
        let any = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicU64::new(0));
        let mut topics = Topics::default();
        for topic in there {
            topics.there(topic, Instant::now());
        }
        let watcher = Watcher {
            client,
            names,
            topics,
            tell,
            calls,
            any: Arc::clone(&any),
            answered: Arc::clone(&answered),
        };
        // Without a thread nothing is told, and the wait for an answer has an end.
        let _ = thread::Builder::new().name("kp-watch".to_owned()).spawn(move || watcher.run());
        Self { changes, any, wake, woken: 0, answered }
    }

    /// Whether there is something to take.
    pub(super) fn has_changes(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// What has changed since the last call.
    pub(super) fn changes(&self) -> Vec<Change> {
        self.any.store(false, Ordering::Release);
        self.changes.try_iter().collect()
    }

    /// Asks now; [`Watch::has_answered`] tells when that is done.
    pub(super) fn ask_now(&mut self) -> u64 {
        self.woken += 1;
        // Without a thread nobody hears it.
        let _ = self.wake.send(Call::Ask(self.woken));
        self.woken
    }

    /// Watches these topics as well, which were just seen.
    pub(super) fn also(&self, topics: &[String]) {
        let _ = self.wake.send(Call::Also(topics.to_vec()));
    }

    pub(super) fn has_answered(&self, call: u64) -> bool {
        self.answered.load(Ordering::Acquire) >= call
    }
}

/// The thread's own part.
struct Watcher {
    client: kp_rdkafka::Client,
    names: Vec<String>,
    topics: Topics,
    tell: Sender<Change>,
    calls: Receiver<Call>,
    any: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
}

impl Watcher {
    fn run(mut self) {
        let mut call = 0;
        loop {
            let asked = Instant::now();
            for (topic, seen) in self.ask().into_iter().flatten() {
                if let Some(change) = self.topics.note(topic, seen, asked) {
                    if self.tell.send(change).is_err() {
                        return;
                    }
                    self.any.store(true, Ordering::Release);
                }
            }
            self.answered.store(call, Ordering::Release);
            let pause = if self.topics.any_missing() { OFTENER } else { OFTEN };
            match self.calls.recv_timeout(pause) {
                // One answer serves all calls that wait.
                Ok(first) => {
                    let others: Vec<Call> = self.calls.try_iter().collect();
                    for heard in std::iter::once(first).chain(others) {
                        match heard {
                            Call::Ask(number) => call = number,
                            Call::Also(topics) => self.watch_also(topics),
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn watch_also(&mut self, topics: Vec<String>) {
        for topic in topics {
            self.topics.there(topic.clone(), Instant::now());
            self.names.push(topic);
        }
    }

    /// What the brokers say now; none where they do not answer.
    fn ask(&self) -> Option<Vec<(String, Seen)>> {
        if self.names.is_empty() {
            return None;
        }
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let described = admin::describe_topics(&self.client, &names, PATIENCE).ok()?;
        Some(
            described
                .into_iter()
                .filter_map(|topic| {
                    let seen = match topic.result {
                        Ok(found) => Seen::Id {
                            id: found.id?,
                            partitions: i32::try_from(found.partitions.len()).ok()?,
                        },
                        Err(error) if error.code == Code::UnknownTopicOrPartition => Seen::Missing,
                        Err(_) => return None,
                    };
                    Some((topic.name, seen))
                })
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(id: &str) -> Seen {
        Seen::Id { id: id.to_owned(), partitions: 3 }
    }

    fn noted(answers: &[Seen]) -> Vec<Option<Change>> {
        noted_by(Topics::default(), answers)
    }

    fn noted_by(mut topics: Topics, answers: &[Seen]) -> Vec<Option<Change>> {
        let start = Instant::now();
        let at = |second: usize| start + Duration::from_secs(second as u64);
        let answers = answers.iter().cloned().enumerate();
        answers
            .map(|(second, seen)| topics.note("t".to_owned(), seen, at(second)))
            .map(|change| match change {
                Some(Change::MadeAgain { partitions, after, .. }) => Some(Change::MadeAgain {
                    topic: format!("after {:?}", after - start),
                    partitions,
                    after: start,
                }),
                other => other,
            })
            .collect()
    }

    fn deleted() -> Option<Change> {
        Some(Change::Deleted("t".to_owned()))
    }

    #[test]
    fn a_topic_that_is_gone_is_told_once_and_one_answer_is_no_proof() {
        let seen = [id("a"), Seen::Missing, id("a"), Seen::Missing, Seen::Missing, Seen::Missing];
        assert_eq!(noted(&seen), [None, None, None, None, deleted(), None]);
    }

    #[test]
    fn another_id_is_another_topic_whether_or_not_it_was_seen_to_be_gone() {
        let told = |changes: Vec<Option<Change>>| match changes.into_iter().next_back().flatten() {
            Some(Change::MadeAgain { topic, partitions, .. }) => (topic, partitions),
            other => panic!("{other:?}"),
        };
        let after_last = ("after 1s".to_owned(), 3);
        assert_eq!(told(noted(&[id("a"), id("a"), id("b")])), after_last);
        let gone = [id("a"), id("a"), Seen::Missing, Seen::Missing, id("b")];
        assert_eq!(told(noted(&gone)), after_last);
    }

    #[test]
    fn a_topic_that_does_not_exist_yet_is_no_news_when_it_comes() {
        assert_eq!(
            noted(&[Seen::Missing, Seen::Missing, id("a"), id("a")]),
            [None, None, None, None]
        );
    }

    #[test]
    fn a_topic_that_was_deleted_before_its_id_was_known_is_told_too() {
        let there = || {
            let mut topics = Topics::default();
            topics.there("t".to_owned(), Instant::now());
            topics
        };
        let gone = [Seen::Missing, Seen::Missing, id("a")];
        let told = noted_by(there(), &gone);
        assert_eq!(told[..2], [None, deleted()]);
        assert!(matches!(told[2], Some(Change::MadeAgain { .. })), "{told:?}");
        assert_eq!(noted_by(there(), &[Seen::Missing, id("a"), id("a")]), [None, None, None]);
    }

    #[test]
    fn the_same_topic_may_come_back() {
        let back = Some(Change::Back("t".to_owned()));
        assert_eq!(
            noted(&[id("a"), Seen::Missing, Seen::Missing, id("a")])[2..],
            [deleted(), back]
        );
    }
}
