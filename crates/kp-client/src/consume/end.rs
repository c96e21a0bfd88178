//! When a consumer is at the end, when it goes no further, and what is told then.

use std::time::{Duration, Instant};

use kp_rdkafka::Place;
use kp_rdkafka::admin::OffsetQuery;
use kp_settings::StartAt;

use super::pending::Confirming;
use super::{Consumer, Membership};
use crate::error::Error;
use crate::offsets::Question;
use crate::open_transactions::{self, Hidden};

/// How long leaders are asked for end offsets before a partition counts as unknown.
const CONFIRM: Duration = Duration::from_secs(2);
/// Leaders that are there answer within this time.
const PROMPT: Duration = Duration::from_secs(1);
/// How long the end of a partition that grows is chased.
const CHASE: Duration = Duration::from_secs(1);
/// How long an answer is waited for before the caller looks at what else there is.
const SLICE: Duration = Duration::from_millis(50);

impl Consumer {
    /// Whether every assigned partition has stood at its end for `consumer.idle_exit`, and the
    /// brokers confirm it. A partition without a leader confirms nothing. Its new leader has to be
    /// there for as long, so that an election is not taken for the end.
    ///
    /// It does not wait for the brokers: it is to be called again until it is so.
    pub fn is_idle(&mut self) -> bool {
        let idle = self.idle_exit.and_then(|idle| self.progress.idle(Instant::now(), idle));
        idle.is_some_and(|since| self.confirms_end(since))
    }

    /// Asks the leaders whether each partition still ends where reading stands; true once all of
    /// them have said so.
    fn confirms_end(&mut self, since: Instant) -> bool {
        let hidden = self.hidden_now();
        let client = &self.connection.client;
        let assignment = &self.assignment;
        let confirming = match &mut self.ending.confirming {
            Some(confirming) if confirming.since == since => confirming,
            other => other.insert(Confirming {
                since,
                asked: Instant::now(),
                question: Question::ask(
                    client,
                    &assignment.places(),
                    &[OffsetQuery::Latest],
                    self.isolation,
                    CONFIRM,
                ),
                hidden,
            }),
        };
        let Some(answer) = confirming.question.answer(SLICE) else {
            return false;
        };
        let is_late = confirming.asked.elapsed() > PROMPT;
        self.ending.hidden = std::mem::take(&mut confirming.hidden);
        self.ending.confirming = None;
        let is_end = self.assignment.ends().all(|(topic, partition, offset)| {
            let end = answer.of(topic, partition).end;
            let is_limit = self.assignment.is_beyond(topic, partition, offset);
            // One that ends earlier was cut off, or its topic made again: reading is told of it.
            end.is_some_and(|end| end == offset || is_limit && end > offset)
        });
        let now = Instant::now();
        if !is_end {
            self.progress.is_refuted(now);
            return false;
        }
        let in_trouble = is_late || self.connection.trouble.brief().is_some();
        self.progress.is_confirmed(now, in_trouble)
    }

    /// What open transactions seem to hide, by the brokers' last answers with messages. An answer
    /// may also have been newer than the end that reading stands at: it is so only if the leaders
    /// confirm that end afterwards.
    fn hidden_now(&self) -> Vec<Hidden> {
        let hidden = self.assignment.ends().filter_map(|(topic, partition, end)| {
            let (_, known) = self.connection.client.last_known_bounds(topic, partition)?;
            let is_limit = self.assignment.is_beyond(topic, partition, end);
            (known > end && !is_limit).then(|| Hidden {
                topic: topic.to_owned(),
                partition,
                from: end,
                end: known,
            })
        });
        hidden.collect()
    }

    /// What stands in front of the end that was reached and cannot be read yet, and why, for the
    /// user.
    pub fn hidden(&self) -> Option<String> {
        let hidden = &self.ending.hidden;
        (!hidden.is_empty()).then(|| open_transactions::sentence(hidden))
    }

    /// Which partitions others in the group read, where the end that was reached is only that of
    /// this consumer's own. A member that was killed counts until its session is over.
    pub fn elsewhere(&self) -> Option<String> {
        if self.membership == Membership::Alone || self.assignment.is_empty() {
            return None;
        }
        let is_elsewhere = |(topic, partition): &&Place| {
            !self.assignment.holds(topic, *partition) && !self.remade.deleted.contains(topic)
        };
        let elsewhere: Vec<_> = self.all.iter().filter(is_elsewhere).collect();
        let (first, others) = elsewhere.split_first()?;
        let named = format!("{} [{}]", first.0, first.1);
        let which = match others.len() {
            0 => format!("{named} is"),
            1 => format!("{named} and another partition are"),
            more => format!("{named} and {more} other partitions are"),
        };
        Some(format!(
            "{which} read by other members of group {}, and were not read to the end here",
            self.group
        ))
    }

    /// Whether every assigned partition stands at its end.
    ///
    /// librdkafka tells so once a broker has answered that there is nothing more, for which the
    /// broker takes its time. What is done up to the end that the last messages brought with them
    /// is known earlier. A partition that grows all the time has no end. It counts once all is read
    /// that was there when this had been asked for a second.
    pub fn is_at_end(&mut self) -> bool {
        if self.progress.ended().is_none() && !self.is_enough() {
            let client = &self.connection.client;
            self.assignment.note_ends(|topic, partition| {
                let (_, end) = client.last_known_bounds(topic, partition)?;
                Some(end)
            });
            if self.assignment.all_ended() {
                self.progress.stands_at_end(Instant::now());
            }
        }
        match self.progress.ended() {
            // More seems to be there than can be read.
            Some(since) if !self.hidden_now().is_empty() => self.confirms_end(since),
            Some(_) => true,
            None => self.assignment.all_read(),
        }
    }

    /// Whether all is read that was there a while after the end was asked for first.
    fn is_enough(&mut self) -> bool {
        if !self.progress.end_wanted_for(Instant::now(), CHASE) {
            return false;
        }
        if self.ending.chasing.is_none() {
            let endless = self.assignment.endless();
            if !endless.is_empty() {
                self.ending.chasing = Some(Question::ask(
                    &self.connection.client,
                    &endless,
                    &[OffsetQuery::Latest],
                    self.isolation,
                    CONFIRM,
                ));
            }
        }
        // Nobody waits for the answer: messages keep coming.
        let answer =
            self.ending.chasing.as_mut().and_then(|question| question.answer(Duration::ZERO));
        if let Some(answer) = answer {
            self.ending.chasing = None;
            for (topic, partition) in self.assignment.endless() {
                if let Some(end) = answer.of(&topic, partition).end {
                    self.assignment.enough(&topic, partition, end);
                }
            }
        }
        self.assignment.all_read()
    }

    /// An error that says why nothing went forward for `consumer.stall_timeout`, if so it was.
    ///
    /// # Errors
    /// [`Error::Stalled`], or [`Error::NoTopic`] where all topics were deleted.
    pub fn check_progress(&mut self) -> Result<(), Error> {
        if let Some(outcome) = self.all_deleted() {
            return outcome;
        }
        if self.waits && self.asked_for.has_patterns() && self.assignment.is_empty() {
            // A pattern waits for topics that match it, however long.
            return Ok(());
        }
        if self.progress.rests_at_end() {
            return Ok(());
        }
        self.look_why()?;
        let limit = self.stall_timeout;
        if !self.progress.has_stalled(Instant::now(), limit) {
            return Ok(());
        }
        if let Some(obstacle) = self.progress.obstacle() {
            return Err(Error::Stalled(format!(
                "no progress for {limit:?} (--stall-timeout): {obstacle}"
            )));
        }
        let cause = self
            .connection
            .trouble
            .brief()
            .map_or_else(String::new, |cause| format!("; last heard: {cause}"));
        let is_empty = self.assignment.is_empty();
        Err(Error::Stalled(if is_empty && self.membership == Membership::Alone {
            format!(
                "{} did not come into being within {limit:?} (--stall-timeout){cause}",
                self.asked_for
            )
        } else if is_empty {
            format!(
                "group {} gave this consumer no partition of {} within {limit:?} (--stall-timeout): more members than \
                 partitions, or the topic does not exist{cause}",
                self.group, self.asked_for
            )
        } else {
            format!(
                "no progress for {limit:?} (--stall-timeout) although messages may be left in {}{cause}",
                self.assignment
            )
        }))
    }

    /// Why a run that came to its end printed nothing, for the user.
    pub fn why_nothing(&self) -> String {
        let topics = &self.asked_for;
        if self.is_empty() {
            return format!("{topics} holds no messages");
        }
        if !self.ending.hidden.is_empty() {
            return format!("an open transaction hides what is left of {topics}");
        }
        let goes_on = self.membership != Membership::Alone && self.from == StartAt::Stored;
        if self.range.has_limits() && goes_on {
            return format!("group {} has read {topics} up to there, or further", self.group);
        }
        if self.range.has_limits() {
            return format!("{topics} has no messages between --from and --until");
        }
        match (self.membership, self.from) {
            (_, StartAt::Latest) => {
                format!("nothing new came to {topics} (--from latest skips what was there before)")
            }
            (_, StartAt::Offset(_) | StartAt::Time(_) | StartAt::Last(_)) => {
                format!("{topics} has no messages from there on (--from)")
            }
            (Membership::Alone, _) | (_, StartAt::Earliest) => {
                format!("{topics} has no messages that can be read")
            }
            (Membership::Group | Membership::Copying, StartAt::Stored) => format!(
                "group {} has read all of {topics} already; to read it again: --from earliest, or another --group",
                self.group
            ),
        }
    }

    /// Whether the partitions held nothing at all, by the brokers' last answers.
    fn is_empty(&self) -> bool {
        let mut ends = self.assignment.ends();
        ends.all(|(topic, partition, _)| {
            let known = self.connection.client.last_known_bounds(topic, partition);
            known.is_some_and(|(low, end)| low == end)
        })
    }
}
