//! Going on where reading has stopped: librdkafka does not jump by itself
//! (`auto.offset.reset=error`).
//!
//! ```text
//!  NoOffset -> nothing committed: begins at the beginning, and nobody need know
//!           -> an offset that is not there: what is kept? (the leaders are asked) -> Next::Gap
//!                -> the caller writes out what it holds -> pass_gaps() -> told
//!                -> begins anew, or fails
//! ```

use std::time::{Duration, Instant};

use kp_rdkafka::admin::{Isolation, OffsetQuery};
use kp_rdkafka::{Failure, Offsets, Place, Start, Starts};
use kp_settings::OnGap;

use super::gap::{self, Stopped};
use super::{Consumer, Membership, OpenGap};
use crate::error::Error;
use crate::offsets::Question;

/// Partitions that stop together begin anew together. So long the next one is waited for, and so
/// long all of them.
const NEXT_ONE: Duration = Duration::from_millis(10);
const ALL: Duration = Duration::from_millis(100);
/// How long brokers are asked what they keep, and after which pause again.
const PATIENCE: Duration = Duration::from_secs(5);
const ASK_AGAIN: Duration = Duration::from_millis(500);
impl Consumer {
    /// librdkafka has stopped reading a partition, because this offset is not there.
    pub(super) fn has_stopped(
        &mut self,
        topic: &str,
        partition: i32,
        offset: Option<i64>,
        text: &str,
    ) {
        let cut_off = None;
        let stopped =
            offset.map_or_else(|| Stopped::told_by(text), |from| Stopped::At { from, cut_off });
        // What was queued before reading began anew is told late.
        let is_late = match stopped {
            Stopped::NothingCommitted => self.assignment.began_at_beginning(topic, partition),
            Stopped::At { from, .. } => {
                self.gaps.is_passed(topic, partition, from)
                    && self.feed.position(&(topic.to_owned(), partition)).is_none()
            }
            Stopped::MadeAgain => false,
        };
        if !is_late && self.assignment.holds(topic, partition) {
            self.stopped(topic, partition, stopped);
        }
    }

    /// Reading a partition begins anew soon.
    pub(super) fn stopped(&mut self, topic: &str, partition: i32, stopped: Stopped) {
        let now = Instant::now();
        let since = *self.resuming.since.get_or_insert(now);
        self.resuming.due = Some((now + NEXT_ONE).min(since + ALL));
        self.assignment.moved(topic, partition);
        self.progress.left_end();
        self.gaps.stop(topic, partition, stopped);
    }

    /// Sees to partitions whose reading has stopped: whether the caller must write out what it
    /// holds, and [`Consumer::pass_gaps`].
    pub(super) fn sees_gap(&mut self) -> Result<bool, Error> {
        let now = Instant::now();
        if self.resuming.due.is_some_and(|due| now < due) {
            return Ok(false);
        }
        if self.gaps.any_fresh() {
            self.begin_anew(Offsets::new())?;
        }
        let unknown = self.gaps.unknown();
        if !unknown.is_empty() {
            self.learn_bounds(&unknown, now);
        }
        if !self.gaps.any_found() || (self.gaps.any_past_end() && !self.knows_topics(now)) {
            return Ok(false);
        }
        self.notes_changes();
        Ok(true)
    }

    fn learn_bounds(&mut self, unknown: &[Place], now: Instant) {
        let Some(question) = &mut self.resuming.question else {
            let client = &self.connection.client;
            let both = [OffsetQuery::Earliest, OffsetQuery::Latest];
            let all = Isolation::ReadUncommitted;
            self.resuming.question = Some(Question::ask(client, unknown, &both, all, PATIENCE));
            return;
        };
        let Some(answer) = question.answer(Duration::ZERO) else {
            return;
        };
        self.resuming.question = None;
        self.resuming.due = Some(now + ASK_AGAIN);
        for (topic, partition) in unknown {
            let bounds = answer.of(topic, *partition);
            if let Some(kept) = bounds.low.zip(bounds.end) {
                self.gaps.bounds(topic, *partition, kept);
            }
        }
    }

    /// Answers [`Next::Gap`](super::Next::Gap): says what is gone, and goes on behind it.
    ///
    /// # Errors
    /// [`Error::Gap`] with `consumer.on_gap=fail`: what was done before is
    /// committed by [`Consumer::leave`], and nothing past it.
    pub fn pass_gaps(&mut self, _: OpenGap) -> Result<(), Error> {
        self.pass_changes()?;
        let found = self.gaps.take_found();
        let lines = gap::lines(&found);
        self.tell_gaps(&lines)?;
        self.begin_anew(found.into_iter().map(|gap| ((gap.topic, gap.partition), gap.to)).collect())
    }

    /// Warns of gaps, or fails because of them.
    pub(super) fn tell_gaps(&self, lines: &[String]) -> Result<(), Error> {
        if self.on_gap == OnGap::Fail && !lines.is_empty() {
            return Err(Error::Gap(lines.join("\n")));
        }
        for line in lines {
            tracing::warn!("{line}");
        }
        Ok(())
    }

    /// The gaps that were passed, in words; none where there was none.
    pub fn gaps(&self) -> Option<String> {
        self.gaps.summary()
    }

    /// Begins anew at these offsets, and at the beginning of each partition of which the group
    /// knows nothing.
    fn begin_anew(&mut self, places: Offsets) -> Result<(), Error> {
        self.resuming.since = None;
        let mut starts = Starts::new();
        for (topic, partition) in self.gaps.take_fresh() {
            self.assignment.begin_at_beginning(&topic, partition);
            starts.insert((topic, partition), Start::Beginning);
        }
        for ((topic, partition), to) in &places {
            self.assignment.begin_at(topic, *partition, *to);
            starts.insert((topic.clone(), *partition), Start::At(*to));
        }
        if starts.is_empty() {
            return Ok(());
        }
        // What is read from now on is to be told from what came before.
        self.doubts_topics();
        self.restart(&starts)?;
        if self.membership == Membership::Group && !places.is_empty() {
            // librdkafka commits in the background only what lies ahead of the last commit.
            let _ = self.connection.client.commit_in_background(&places);
        }
        Ok(())
    }

    /// Begins anew at these places, whether or not reading has stopped there.
    pub(super) fn restart(&mut self, starts: &Starts) -> Result<(), Error> {
        self.moved_on();
        self.reassign(starts, "cannot go on reading where messages are there again")
    }

    /// The same, where nothing went forward by it. Beginning anew drops what was stored, also of
    /// the other partitions.
    fn reassign(&mut self, starts: &Starts, failing: &str) -> Result<(), Error> {
        self.resumes(starts.keys());
        self.feed.starts(starts.keys());
        let client = &self.connection.client;
        client
            .restart(starts, || self.all_starts(starts))
            .map_err(|code| Error::at(failing, code))?;
        self.store(&self.assignment.uncommitted());
        Ok(())
    }

    /// The coordinator did not tell what the group committed: it is being moved, or was just lost.
    /// librdkafka tries a few times, and then never begins to read those partitions.
    pub(super) fn notes_failure(&mut self, failure: &Failure) {
        if failure.text.contains("Failed to fetch committed offset") {
            self.resuming.committed_due.get_or_insert_with(|| Instant::now() + ASK_AGAIN);
        }
    }

    /// Begins anew where the group committed, once it is time for that. Returns whether that is
    /// still to come.
    pub(super) fn asks_committed_again(&mut self) -> Result<bool, Error> {
        match self.resuming.committed_due {
            None => return Ok(false),
            Some(due) if Instant::now() < due => return Ok(true),
            Some(_) => self.resuming.committed_due = None,
        }
        let mut silent = self.assignment.begin_at_committed();
        silent.retain(|place| self.feed.position(place).is_none());
        if silent.is_empty() {
            return Ok(false);
        }
        let starts: Starts = silent.into_iter().map(|place| (place, Start::Committed)).collect();
        // What was heard stays known, and nothing went forward.
        self.reassign(&starts, "cannot ask again what the group committed")?;
        Ok(false)
    }

    /// Where each partition that is held goes on, but for those that wait for an answer: as said
    /// here, else where it stands.
    fn all_starts(&self, starts: &Starts) -> Starts {
        let mut all = Starts::new();
        for place in self.assignment.places() {
            let (topic, partition) = (place.0.as_str(), place.1);
            let start = match starts.get(&place) {
                Some(start) => *start,
                None if self.gaps.is_open(topic, partition) => continue,
                None => {
                    let position = self.feed.position(&place);
                    position.map_or_else(|| self.assignment.start_of(topic, partition), Start::At)
                }
            };
            all.insert(place, start);
        }
        all
    }
}
