//! Where reading cannot go on where it should, and what is told then. State and words; nothing is
//! asked here.

use std::collections::BTreeMap;
use std::fmt;

/// So many partitions of one kind get a line of their own.
const TOLD: usize = 5;

/// Why an offset is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It lies before the earliest that is kept.
    Removed,
    /// It lies past the end.
    PastEnd,
    /// The log was cut off before it, as the brokers know.
    CutOff,
    /// The topic is another one; that is told of the topic as a whole.
    MadeAgain,
    /// It lies past the end, and nobody has read up to there: it was only asked for.
    NotYet,
}

/// A place where reading does not go on where it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) topic: String,
    pub(super) partition: i32,
    /// Where it should go on.
    from: i64,
    /// Where it goes on.
    pub(super) to: i64,
    /// The end of the partition.
    end: i64,
    why: Why,
    /// Whether the user has named the offset, so that reading has not begun yet.
    is_start: bool,
}

impl Gap {
    /// What becomes of reading that should go on at `from`, which is not there, in a partition that
    /// keeps `low` up to `end`. `cut_off` is where the log was cut off, where the brokers know
    /// that.
    ///
    /// A log that ends before `from` may have grown past it since: only its beginning misses
    /// nothing.
    pub(super) fn new(
        (topic, partition): (&str, i32),
        from: i64,
        (low, end): (i64, i64),
        cut_off: Option<i64>,
    ) -> Self {
        let (to, why) = match cut_off {
            Some(cut) if (low..=end).contains(&cut) => (cut, Why::CutOff),
            _ if from < low => (low, Why::Removed),
            _ => (low, Why::PastEnd),
        };
        Self { topic: topic.to_owned(), partition, from, to, end, why, is_start: false }
    }

    /// What is wrong with an offset that the user has named, which a partition that keeps `low` up
    /// to `end` does not have. Reading starts as near to it as can be.
    pub(super) fn asked_for(
        (topic, partition): (&str, i32),
        wanted: i64,
        (low, end): (i64, i64),
    ) -> Option<Self> {
        let why = match wanted {
            _ if wanted < low => Why::Removed,
            _ if wanted > end => Why::NotYet,
            _ => return None,
        };
        Some(Self {
            topic: topic.to_owned(),
            partition,
            from: wanted,
            to: wanted.clamp(low, end),
            end,
            why,
            is_start: true,
        })
    }

    /// How many messages are gone for certain.
    pub(super) fn gone(&self) -> i64 {
        match self.why {
            Why::Removed => self.to - self.from,
            Why::PastEnd | Why::CutOff | Why::MadeAgain | Why::NotYet => 0,
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, partition, from, to, end, why, is_start } = self;
        let goes_on = if *is_start { "starts" } else { "goes on" };
        write!(f, "{topic} [{partition}]: reading {goes_on} at offset {to}, not at {from}: ")?;
        match why {
            Why::Removed => write!(
                f,
                "{} gone (offsets {from} to {}), removed by retention or by a request to delete records",
                messages(self.gone()),
                to - 1
            ),
            Why::NotYet => write!(f, "the partition ends there"),
            Why::MadeAgain => write!(f, "the topic was made again"),
            Why::PastEnd => write!(
                f,
                "the partition ends at {end}: the topic was made again, or an unclean leader election cut it off; how many \
                 messages are gone nobody can tell"
            ),
            Why::CutOff => write!(
                f,
                "an unclean leader election cut the partition off there: what was read from {to} to {} is gone, and others may \
                 stand in its place",
                from - 1
            ),
        }
    }
}

/// `1 message is`, `2 messages are`.
fn messages(count: i64) -> String {
    match count {
        1 => "1 message is".to_owned(),
        _ => format!("{count} messages are"),
    }
}

/// A line for each gap, but for one line for all that are more than a few.
pub(super) fn lines(gaps: &[Gap]) -> Vec<String> {
    let told = gaps.iter().filter(|gap| gap.why != Why::MadeAgain);
    let gaps: Vec<&Gap> = told.collect();
    let mut lines: Vec<String> = gaps.iter().take(TOLD).map(ToString::to_string).collect();
    if let Some(more @ [_, ..]) = gaps.get(TOLD..) {
        let gone: i64 = more.iter().map(|gap| gap.gone()).sum();
        let partitions = match more.len() {
            1 => "1 more partition".to_owned(),
            count => format!("{count} more partitions"),
        };
        lines.push(format!("likewise in {partitions}: {} gone for certain", messages(gone)));
    }
    lines
}

/// What has become of a partition whose reading librdkafka has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// The group has committed nothing there: it starts at the beginning, and misses nothing.
    NothingCommitted,
    /// This offset is not there; the log may be known to be cut off.
    At { from: i64, cut_off: Option<i64> },
    /// The topic is another one: it is read from its beginning.
    MadeAgain,
}

/// The gaps that were met, and those that are open.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    stopped: BTreeMap<(String, i32), Stopped>,
    /// Those of which it is known where reading goes on.
    found: Vec<Gap>,
    /// The gap that was passed last.
    last: BTreeMap<(String, i32), Gap>,
    /// Those between an offset that the user has named and the place where reading starts; they are
    /// told together.
    asked_for: Vec<Gap>,
    /// How many were passed, and how many messages are gone in them for certain.
    passed: u64,
    gone: i64,
}

impl Gaps {
    /// Whether reading has stopped anywhere.
    pub(super) fn any_open(&self) -> bool {
        !self.stopped.is_empty()
    }

    pub(super) fn is_open(&self, topic: &str, partition: i32) -> bool {
        self.stopped.contains_key(&(topic.to_owned(), partition))
    }

    /// Whether the partition is one of a topic that was made again, and is to begin anew.
    pub(super) fn begins_again(&self, topic: &str, partition: i32) -> bool {
        self.stopped.get(&(topic.to_owned(), partition)) == Some(&Stopped::MadeAgain)
    }

    pub(super) fn stop(&mut self, topic: &str, partition: i32, stopped: Stopped) {
        let place = (topic.to_owned(), partition);
        // Of another topic of the same name no offset of the old one is to be found.
        if self.stopped.get(&place) == Some(&Stopped::MadeAgain) {
            return;
        }
        self.found.retain(|gap| (gap.topic.as_str(), gap.partition) != (topic, partition));
        self.stopped.insert(place, stopped);
    }

    /// The partition is held no more, or begins anew elsewhere.
    pub(super) fn forget(&mut self, topic: &str, partition: i32) {
        let place = (topic.to_owned(), partition);
        self.stopped.remove(&place);
        self.last.remove(&place);
        self.found.retain(|gap| (gap.topic.as_str(), gap.partition) != (topic, partition));
    }

    /// Nothing is read any more.
    pub(super) fn give_up(&mut self) {
        self.stopped.clear();
        self.found.clear();
    }

    /// Reading is to go on at an earlier offset, in a partition where it has stopped; false where
    /// it has not.
    pub(super) fn go_back(&mut self, topic: &str, partition: i32, offset: i64) -> bool {
        let is_open = self.is_open(topic, partition);
        if is_open {
            let cut_off = None;
            self.stop(topic, partition, Stopped::At { from: offset, cut_off });
        }
        is_open
    }

    /// The partitions whose bounds must be known.
    pub(super) fn unknown(&self) -> Vec<(String, i32)> {
        let is_found = |place: &(String, i32)| {
            let mut found = self.found.iter();
            found.any(|gap| gap.topic == place.0 && gap.partition == place.1)
        };
        self.stopped
            .iter()
            .filter(|(place, stopped)| **stopped != Stopped::NothingCommitted && !is_found(place))
            .map(|(place, _)| place.clone())
            .collect()
    }

    /// A partition keeps these offsets.
    pub(super) fn bounds(&mut self, topic: &str, partition: i32, bounds: (i64, i64)) {
        let stopped = self.stopped.get(&(topic.to_owned(), partition));
        let place = (topic, partition);
        let gap = match stopped {
            Some(Stopped::At { from, cut_off }) => Gap::new(place, *from, bounds, *cut_off),
            Some(Stopped::MadeAgain) => {
                Gap { why: Why::MadeAgain, ..Gap::new(place, bounds.0, bounds, None) }
            }
            Some(Stopped::NothingCommitted) | None => return,
        };
        self.found.push(gap);
    }

    /// Whether the gap at this offset was passed already, where no message has come since.
    pub(super) fn is_passed(&self, topic: &str, partition: i32, from: i64) -> bool {
        let last = self.last.get(&(topic.to_owned(), partition));
        last.is_some_and(|last| {
            from != last.to && (from == last.from || last.why == Why::MadeAgain)
        })
    }

    /// Whether partitions wait to begin at their beginning.
    pub(super) fn any_fresh(&self) -> bool {
        let mut stopped = self.stopped.values();
        stopped.any(|stopped| *stopped == Stopped::NothingCommitted)
    }

    pub(super) fn any_found(&self) -> bool {
        !self.found.is_empty()
    }

    /// Whether reading stands past the end of a partition, so that its topic may be another one.
    pub(super) fn any_past_end(&self) -> bool {
        self.found.iter().any(|gap| gap.why == Why::PastEnd)
    }

    /// A topic was deleted, or made again.
    pub(super) fn count_topic(&mut self) {
        self.passed += 1;
    }

    /// The gaps that are passed now.
    pub(super) fn take_found(&mut self) -> Vec<Gap> {
        let found = std::mem::take(&mut self.found);
        for gap in &found {
            let place = (gap.topic.clone(), gap.partition);
            self.stopped.remove(&place);
            self.last.insert(place, gap.clone());
            self.count(gap);
        }
        found
    }

    /// The partitions that start at their beginning.
    pub(super) fn take_fresh(&mut self) -> Vec<(String, i32)> {
        let is_fresh = |stopped: &Stopped| *stopped == Stopped::NothingCommitted;
        let fresh = self.stopped.iter().filter(|(_, stopped)| is_fresh(stopped));
        let fresh: Vec<_> = fresh.map(|(place, _)| place.clone()).collect();
        self.stopped.retain(|_, stopped| !is_fresh(stopped));
        fresh
    }

    fn count(&mut self, gap: &Gap) {
        self.passed += u64::from(gap.why != Why::MadeAgain);
        self.gone += gap.gone();
    }

    /// Reading cannot start where the user said.
    pub(super) fn add_asked_for(&mut self, gap: Gap) {
        self.count(&gap);
        self.asked_for.push(gap);
    }

    pub(super) fn take_asked_for(&mut self) -> Vec<Gap> {
        std::mem::take(&mut self.asked_for)
    }

    /// How many gaps were passed, and how many messages were gone in them for certain.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.passed, u64::try_from(self.gone).unwrap_or(0))
    }

    /// How many gaps were passed, in words; none where there was none.
    pub(super) fn summary(&self) -> Option<String> {
        let gaps = match self.passed {
            0 => return None,
            1 => "1 gap".to_owned(),
            count => format!("{count} gaps"),
        };
        Some(format!("{gaps}, in which {} gone for certain", messages(self.gone)))
    }
}

impl Stopped {
    /// What librdkafka says of a partition without an offset. Where its log was cut off, the
    /// numbers stand in the words alone.
    pub(super) fn told_by(text: &str) -> Self {
        let number_after = |mark: &str| {
            let (_, rest) = text.split_once(mark)?;
            let digits = rest.split(|one: char| !one.is_ascii_digit()).next()?;
            digits.parse().ok()
        };
        let from = number_after("log truncation detected at offset ");
        from.map_or(Self::NothingCommitted, |from| Self::At {
            from,
            cut_off: number_after("broker end offset is "),
        })
    }
}

#[cfg(test)]
mod tests;
