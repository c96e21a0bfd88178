//! Whether a consumer goes forward, stands at its end, or stalls. State alone: the time is passed
//! in, and nobody is asked.
//!
//! ```text
//!  goes forward -> all partitions at their end -> idle -> the leaders confirm the end
//!       ^                                          ^        |-> without doubt: it is the end
//!       |                                          |        |-> after doubt: idle once more
//!       +------------- a message                   +--------+-> otherwise: doubt
//! ```
//! Only a message ends doubt. A leader that was just elected tells of the end that its dead
//! predecessor had, since producers have not come to it yet.

use std::time::{Duration, Instant};

/// After an election an end has to last for so long. Producers look for the new leader, and send
/// again, a second apart at the most (`retry.backoff.max.ms`, in librdkafka and in Java).
const SETTLED: Duration = Duration::from_secs(5);

/// How far a consumer has come, and since when.
#[derive(Debug)]
pub(super) struct Progress {
    /// The last time that anything went forward, but for messages since then.
    last: Instant,
    /// Whether messages came since then. When they came is not noted: reading the clock for each
    /// message would take a tenth of the time.
    has_messages: bool,
    /// Since when all partitions stand at their end.
    ended: Option<Instant>,
    /// Since when somebody wants to know whether the end is reached.
    end_wanted: Option<Instant>,
    /// Whether the leaders did not confirm the end, since something last went forward.
    doubtful: bool,
    /// Whether a partition's end was told again, which a new leader does.
    has_new_leader: bool,
    /// Whether the leaders confirmed the end after it was in doubt, and nothing came since then.
    confirmed: bool,
    /// What `last` was when it was looked why nothing goes forward, and what was found.
    looked_at: Option<Instant>,
    obstacle: Option<String>,
}

impl Progress {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            last: now,
            has_messages: false,
            ended: None,
            end_wanted: None,
            doubtful: false,
            has_new_leader: false,
            confirmed: false,
            looked_at: None,
            obstacle: None,
        }
    }

    /// A message came.
    pub(super) fn has_message(&mut self) {
        self.has_messages = true;
        self.goes_on();
    }

    /// No more messages come now: they count as if they had come just before.
    pub(super) fn is_quiet(&mut self, now: Instant) {
        if std::mem::take(&mut self.has_messages) {
            self.last = now;
        }
    }

    /// Something other than a message went forward.
    pub(super) fn moved_on(&mut self, now: Instant) {
        self.last = now;
        self.goes_on();
    }

    fn goes_on(&mut self) {
        self.ended = None;
        self.doubtful = false;
        self.has_new_leader = false;
        self.confirmed = false;
    }

    /// librdkafka told of the last end: all partitions stand there.
    pub(super) fn reached_end(&mut self, now: Instant) {
        self.last = now;
        self.has_new_leader |= self.ended.is_some();
        self.ended = Some(now);
    }

    /// All partitions stand at their end, as was seen without being told.
    pub(super) fn stands_at_end(&mut self, now: Instant) {
        self.ended = Some(now);
    }

    /// A partition stands at its end no more.
    pub(super) fn left_end(&mut self) {
        self.ended = None;
    }

    /// Since when all partitions stand at their end.
    pub(super) fn ended(&self) -> Option<Instant> {
        self.ended
    }

    /// Since when all partitions stand at their end, once that is so for `idle`.
    pub(super) fn idle(&self, now: Instant, idle: Duration) -> Option<Instant> {
        let idle = if self.confirmed { idle.max(SETTLED) } else { idle };
        self.ended.filter(|since| now.saturating_duration_since(*since) >= idle)
    }

    /// The leaders did not confirm the end: one of them is not there, or knows another end. Idle
    /// time counts anew, since nothing stood at its end while a leader was missing.
    pub(super) fn is_refuted(&mut self, now: Instant) {
        self.ended = Some(now);
        self.confirmed = false;
        if !self.doubtful {
            self.doubtful = true;
            self.last = now;
        }
    }

    /// The leaders confirmed the end; returns whether that is believed. After doubt or trouble they
    /// have to say so once more after the idle time, and after [`SETTLED`].
    pub(super) fn is_confirmed(&mut self, now: Instant, in_trouble: bool) -> bool {
        if self.confirmed || !(self.doubtful || self.has_new_leader || in_trouble) {
            return true;
        }
        self.confirmed = true;
        self.doubtful = false;
        self.ended = Some(now);
        false
    }

    /// Whether reading rests at the end, which is no stall.
    pub(super) fn rests_at_end(&self) -> bool {
        self.ended.is_some() && !self.doubtful
    }

    /// Whether the end has been asked for as long as this without success.
    pub(super) fn end_wanted_for(&mut self, now: Instant, time: Duration) -> bool {
        let since = *self.end_wanted.get_or_insert(now);
        now.saturating_duration_since(since) >= time
    }

    /// Whether nothing went forward for so long.
    pub(super) fn has_stalled(&self, now: Instant, limit: Duration) -> bool {
        now.saturating_duration_since(self.last) >= limit
    }

    /// How long nothing has gone forward; none while messages come.
    pub(super) fn stands_still(&self, now: Instant) -> Option<Duration> {
        (!self.has_messages).then(|| now.saturating_duration_since(self.last))
    }

    /// Whether it is to be looked why nothing went forward for so long, which is once after
    /// something last did.
    pub(super) fn is_to_be_looked_at(&mut self, now: Instant, limit: Duration) -> bool {
        let is_due = self.has_stalled(now, limit) && self.looked_at != Some(self.last);
        if is_due {
            self.looked_at = Some(self.last);
            self.obstacle = None;
        }
        is_due
    }

    /// What was found in the way.
    pub(super) fn found(&mut self, obstacle: Option<String>) {
        self.obstacle = obstacle;
    }

    /// What was in the way when it was last looked.
    pub(super) fn obstacle(&self) -> Option<&str> {
        self.obstacle.as_deref()
    }
}

#[cfg(test)]
mod tests;
