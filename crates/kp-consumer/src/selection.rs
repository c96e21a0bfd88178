//! Which messages are printed or copied, how many were looked at, and how reading goes.

use std::time::Instant;

use kp_cli::{StatusLine, complain, grouped, say};
use kp_client::Fetched;
use kp_client::consume::Standing;
use kp_core::{Filters, Header, Record};

/// The filters, and what they counted.
pub(crate) struct Selection {
    filters: Filters,
    counts: Counts,
    status: StatusLine,
    /// Since when it is shown how reading goes, and what was counted then; none if it is not shown
    /// unless there are filters.
    followed: Option<(Instant, u64)>,
}

/// How many messages were looked at, and how many of them matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) scanned: u64,
    pub(crate) matched: u64,
}

impl Counts {
    /// Counts one more message.
    pub(crate) fn add(&mut self, matches: bool) {
        self.scanned += 1;
        self.matched += u64::from(matches);
    }
}

impl Selection {
    /// By these filters; without any, all messages are taken and nothing is said. With `follows` it
    /// is shown how reading goes.
    pub(crate) fn new(filters: Filters, follows: bool) -> Self {
        Self {
            filters,
            counts: Counts::default(),
            status: StatusLine::new(),
            followed: follows.then(|| (Instant::now(), 0)),
        }
    }

    /// Whether the message is wanted.
    pub(crate) fn takes(&mut self, message: &Fetched) -> bool {
        self.take(&message.record(&[]), || message.headers().collect())
    }

    /// The same for a record that comes with its headers.
    pub(crate) fn takes_whole(&mut self, record: &Record<'_>) -> bool {
        self.take(&Record { headers: &[], ..*record }, || record.headers.to_vec())
    }

    fn take<'r>(&mut self, bare: &Record<'r>, headers: impl FnOnce() -> Vec<Header<'r>>) -> bool {
        let takes = self.filters.is_empty() || self.filters.take(bare, headers);
        self.counts.add(takes);
        takes
    }

    /// These messages are read again, and count then.
    pub(crate) fn take_back(&mut self, counts: Counts) {
        self.counts.scanned = self.counts.scanned.saturating_sub(counts.scanned);
        self.counts.matched = self.counts.matched.saturating_sub(counts.matched);
    }

    /// Says how far reading is, at a terminal and once a second. It reads the clock, so it is not
    /// called for each message.
    pub(crate) fn show(&mut self, standing: impl FnOnce() -> Option<Standing>) {
        let (counts, filters, followed) = (self.counts, &self.filters, &mut self.followed);
        if filters.is_empty() && followed.is_none() {
            return;
        }
        self.status.show(|| {
            let scanned = (!filters.is_empty()).then(|| said(counts));
            let goes = followed.as_mut().zip(standing()).map(|(since, standing)| {
                let now = Instant::now();
                let (before, count) = std::mem::replace(since, (now, counts.scanned));
                let rate = counts.scanned.saturating_sub(count) as f64;
                goes(rate / now.duration_since(before).as_secs_f64().max(f64::EPSILON), standing)
            });
            // A narrow terminal cuts the end off.
            goes.into_iter().chain(scanned).collect::<Vec<_>>().join(", ")
        });
    }

    /// Takes the line of [`Selection::show`] off a screen that messages are about to be written to.
    pub(crate) fn make_room(&self) {
        self.status.make_room();
    }

    /// Says what was scanned and matched, and whether an expression failed.
    pub(crate) fn say(&self) {
        self.status.clear();
        if self.filters.is_empty() {
            return;
        }
        say("kp-consumer", &said(self.counts));
        if let Some((count, first)) = self.filters.failures() {
            let times =
                if count == 1 { "once".to_owned() } else { format!("{} times", grouped(count)) };
            let text =
                format!("--where failed {times} and counts as false there; first on {first}");
            complain("kp-consumer", &text);
        }
    }

    /// Why nothing was taken, if that is because nothing matched.
    pub(crate) fn why_nothing(&self) -> Option<String> {
        match self.counts {
            _ if self.filters.is_empty() => None,
            Counts { scanned: 1, matched: 0 } => {
                Some("1 message was read, and it did not match".to_owned())
            }
            Counts { scanned: count @ 2.., matched: 0 } => {
                Some(format!("{} messages were read, and none matched", grouped(count)))
            }
            _ => None,
        }
    }
}

/// As `scanned 1,200,000 messages, 42 matched`.
fn said(counts: Counts) -> String {
    let Counts { scanned, matched } = counts;
    let messages = if scanned == 1 { "message" } else { "messages" };
    format!("scanned {} {messages}, {} matched", grouped(scanned), grouped(matched))
}

/// As `1,200 messages/s, lag 42, 6 partitions, 1 rebalance`.
fn goes(rate: f64, standing: Standing) -> String {
    let counted = |count: u64, one: &str| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{} {one}{plural}", grouped(count))
    };
    let rate = match rate {
        // A count of messages that fits into memory is far from the largest number.
        10.0.. => grouped(rate.round() as u64),
        0.05.. => format!("{rate:.1}"),
        _ => "0".to_owned(),
    };
    let lag = match standing.lag {
        Some(lag) => grouped(lag),
        None if standing.is_away => "not known: no broker answers".to_owned(),
        None => "not known yet".to_owned(),
    };
    let partitions = counted(standing.partitions as u64, "partition");
    let rebalances = standing.rebalances.map(|count| counted(count.into(), "rebalance"));
    let rebalances = rebalances.map_or_else(String::new, |text| format!(", {text}"));
    format!("{rate} messages/s, lag {lag}, {partitions}{rebalances}")
}

#[cfg(test)]
mod tests {
    use kp_core::Filter;

    use super::*;

    fn selection(counts: Counts) -> Selection {
        let filters = Filters::new(vec![Filter::value("a").unwrap()]);
        Selection { counts, ..Selection::new(filters, false) }
    }

    #[test]
    fn counts_are_said_as_a_person_reads_them() {
        assert_eq!(said(Counts { scanned: 1, matched: 1 }), "scanned 1 message, 1 matched");
        let many = Counts { scanned: 1_200_000, matched: 4_200 };
        assert_eq!(said(many), "scanned 1,200,000 messages, 4,200 matched");
    }

    #[test]
    fn how_it_goes_is_said_in_true_numbers() {
        let standing =
            Standing { partitions: 6, lag: Some(1_042), is_away: false, rebalances: None };
        assert_eq!(goes(1_203.4, standing), "1,203 messages/s, lag 1,042, 6 partitions");
        let unknown = Standing { partitions: 1, lag: None, is_away: false, rebalances: Some(1) };
        assert_eq!(
            goes(0.25, unknown),
            "0.2 messages/s, lag not known yet, 1 partition, 1 rebalance"
        );
        let away = Standing { partitions: 1, lag: None, is_away: true, rebalances: None };
        assert_eq!(goes(0.0, away), "0 messages/s, lag not known: no broker answers, 1 partition");
        let none = Standing { partitions: 0, lag: None, is_away: false, rebalances: Some(0) };
        assert_eq!(goes(0.0, none), "0 messages/s, lag not known yet, 0 partitions, 0 rebalances");
    }

    #[test]
    fn what_is_read_again_counts_once() {
        let mut selection = selection(Counts { scanned: 10, matched: 4 });
        selection.take_back(Counts { scanned: 3, matched: 1 });
        assert_eq!(selection.counts, Counts { scanned: 7, matched: 3 });
    }

    #[test]
    fn nothing_matched_is_a_reason_only_where_something_was_read() {
        let why = |scanned, matched| selection(Counts { scanned, matched }).why_nothing();
        assert_eq!(why(0, 0), None);
        assert_eq!(why(1, 0).unwrap(), "1 message was read, and it did not match");
        assert_eq!(why(2_000, 0).unwrap(), "2,000 messages were read, and none matched");
        assert_eq!(why(2, 1), None);
        assert_eq!(Selection::new(Filters::default(), true).why_nothing(), None);
    }
}
