//! What part of the topics is read, where that has to be found before reading begins: the last
//! messages of all partitions together, and where to stop.
//!
//! ```text
//!  --from -10      the latest moment since which 10 messages came: brokers tell the offset of a
//!                  moment in each partition at once, and halving finds it in some 40 questions
//!  --until WHERE   an offset in each partition, as it is now
//! ```

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kp_rdkafka::Place;
use kp_rdkafka::admin::{Isolation, OffsetQuery};
use kp_settings::{StartAt, StopAt};

use super::Consumer;
use super::range::{Cuts, Search, count_of};
use crate::error::Error;
use crate::offsets::{Answer, Question, may_pass};
use crate::open_transactions::Hidden;

/// How long the first try may take; each one after it gets twice as long.
const FIRST_TRY: Duration = Duration::from_secs(1);
const ASK_AGAIN: Duration = Duration::from_millis(50);
const GLANCE: Duration = Duration::from_millis(100);

impl Consumer {
    /// Looks for what has to be known of all partitions before any of them is read.
    ///
    /// # Errors
    /// A refusal; no leader for too long; the embedded broker, which does not know times.
    pub(super) fn find_range(&mut self, until: Option<StopAt>) -> Result<(), Error> {
        if self.all.is_empty() {
            return Ok(());
        }
        let needs_ends = matches!(self.from, StartAt::Last(_))
            || matches!(until, Some(StopAt::End | StopAt::Offset(_) | StopAt::Last(_)));
        if !needs_ends && until.is_none() {
            return Ok(());
        }
        // Once: what comes meanwhile counts neither here nor there.
        let ends = if needs_ends { self.offsets(OffsetQuery::Latest)? } else { Cuts::new() };
        if let StartAt::Last(count) = self.from {
            self.range.starts = self.last(count, "--from", &ends)?;
        }
        self.range.limits = match until {
            None => Cuts::new(),
            Some(StopAt::Offset(offset)) => {
                ends.iter().map(|(place, end)| (place.clone(), offset.min(*end))).collect()
            }
            Some(StopAt::End) => ends.clone(),
            Some(StopAt::Time(time)) => self.at(time)?,
            Some(StopAt::Last(count)) => self.last(count, "--until", &ends)?,
        };
        let wanted = match until {
            Some(StopAt::End) => i64::MAX,
            Some(StopAt::Offset(offset)) => offset,
            _ => return Ok(()),
        };
        self.find_hidden(&ends, wanted)
    }

    /// What open transactions hide in front of an offset is not read, and told at the end.
    fn find_hidden(&mut self, ends: &Cuts, wanted: i64) -> Result<(), Error> {
        if !matches!(self.isolation, Isolation::ReadCommitted) || self.connection.is_embedded() {
            return Ok(());
        }
        let isolation = std::mem::replace(&mut self.isolation, Isolation::ReadUncommitted);
        let all = self.offsets(OffsetQuery::Latest);
        self.isolation = isolation;
        for ((topic, partition), end) in all? {
            let from = ends.get(&(topic.clone(), partition)).copied().unwrap_or(end);
            if from < end && from < wanted {
                self.ending.hidden.push(Hidden { topic, partition, from, end });
            }
        }
        Ok(())
    }

    /// Where the last `count` messages of all partitions begin, by their time.
    fn last(&mut self, count: u64, flag: &str, ends: &Cuts) -> Result<Cuts, Error> {
        let starts = self.offsets(OffsetQuery::Earliest)?;
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let all = count_of(&starts, ends);
        if count >= all {
            return Ok(starts);
        }
        if let ([place], true) = (self.all.as_slice(), ends.len() == 1) {
            let end = ends.get(place).copied().unwrap_or_default();
            return Ok([(place.clone(), end - count)].into());
        }
        if self.connection.is_embedded() {
            return Err(Error::Embedded {
                what: format!(
                    "find the last messages of several partitions by their time ({flag} -N; with \
                     --partition P it counts in one)"
                ),
            });
        }
        let mut search = Search::new(count, starts, ends.clone(), now());
        while let Some(time) = search.next() {
            let found = self.at(time)?;
            search.told(time, found);
        }
        Ok(search.cuts())
    }

    /// The offset of the first message of this time or later in each partition; its end where there
    /// is none.
    fn at(&mut self, time: i64) -> Result<Cuts, Error> {
        let found = self.told(&[OffsetQuery::At(time), OffsetQuery::Latest])?;
        let cut = |place: &Place| {
            let bounds = found.of(&place.0, place.1);
            bounds.at.or(bounds.end).map(|at| at.min(bounds.end.unwrap_or(at)))
        };
        Ok(self.all.iter().filter_map(|place| Some((place.clone(), cut(place)?))).collect())
    }

    /// The earliest or the latest offset of each partition.
    fn offsets(&mut self, query: OffsetQuery) -> Result<Cuts, Error> {
        let found = self.told(&[query])?;
        let cut = |place: &Place| {
            let bounds = found.of(&place.0, place.1);
            Some((place.clone(), bounds.low.or(bounds.end)?))
        };
        Ok(self.all.iter().filter_map(cut).collect())
    }

    /// What the leaders of all partitions say, once all of them do, within the time of a first
    /// contact.
    fn told(&mut self, queries: &[OffsetQuery]) -> Result<Answer, Error> {
        let deadline = Instant::now() + self.connection.patience;
        let mut patience = FIRST_TRY;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let client = &self.connection.client;
            let timeout = patience.min(left);
            let mut question = Question::ask(client, &self.all, queries, self.isolation, timeout);
            let answer = loop {
                // A login by tokens waits for one.
                self.connection.drain();
                if let Some(answer) = question.answer(GLANCE) {
                    break answer;
                }
            };
            match answer.failure() {
                None => return Ok(answer),
                Some((_, code)) if may_pass(code) && Instant::now() < deadline => {
                    std::thread::sleep(ASK_AGAIN);
                    patience *= 2;
                }
                Some((place, code)) => return Err(self.cannot_ask(&self.all, place, code)),
            }
        }
    }
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
