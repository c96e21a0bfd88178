//! Which messages are printed or copied, and how many were looked at.

use kp_cli::{StatusLine, grouped, say};
use kp_client::Fetched;
use kp_core::{Filters, Header, Record};

/// The filters, and what they counted.
pub(crate) struct Selection {
    filters: Filters,
    counts: Counts,
    status: StatusLine,
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
    /// By these filters; without any, all messages are taken and nothing is said.
    pub(crate) fn new(filters: Filters) -> Self {
        Self { filters, counts: Counts::default(), status: StatusLine::new() }
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
    pub(crate) fn show(&mut self) {
        if !self.filters.is_empty() {
            let counts = self.counts;
            self.status.show(|| said(counts));
        }
    }

    /// Takes the line of [`Selection::show`] off a screen that messages are about to be written to.
    pub(crate) fn make_room(&self) {
        self.status.make_room();
    }

    /// Says what was scanned and matched, and whether an expression failed.
    pub(crate) fn say(&self) {
        if self.filters.is_empty() {
            return;
        }
        say("kp-consumer", &said(self.counts));
        if let Some((count, first)) = self.filters.failures() {
            let times =
                if count == 1 { "once".to_owned() } else { format!("{} times", grouped(count)) };
            let text =
                format!("--where failed {times} and counts as false there; first on {first}");
            say("kp-consumer", &text);
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

#[cfg(test)]
mod tests {
    use kp_core::Filter;

    use super::*;

    fn selection(counts: Counts) -> Selection {
        let filters = Filters::new(vec![Filter::value("a").unwrap()]);
        Selection { counts, ..Selection::new(filters) }
    }

    #[test]
    fn counts_are_said_as_a_person_reads_them() {
        assert_eq!(said(Counts { scanned: 1, matched: 1 }), "scanned 1 message, 1 matched");
        let many = Counts { scanned: 1_200_000, matched: 4_200 };
        assert_eq!(said(many), "scanned 1,200,000 messages, 4,200 matched");
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
        assert_eq!(Selection::new(Filters::default()).why_nothing(), None);
    }
}
