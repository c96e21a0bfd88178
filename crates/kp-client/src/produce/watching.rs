//! Giving figures to whoever watches a producer.

use std::time::Duration;

use super::Producer;
use super::figures::Figures;
use super::kind::FailureKind;
use crate::watcher::{Health, Watcher};

/// A producer to which nothing is acknowledged for so long works no more.
const STUCK: Duration = Duration::from_secs(10);

impl Producer {
    /// From here on it is looked in each wait whether somebody wants figures.
    pub fn watched_by(&mut self, watcher: impl Watcher<Figures> + 'static) {
        watcher.give(self.figures(), self.health());
        self.watcher = Some(Box::new(watcher));
    }

    /// Gives figures to whoever wants some.
    pub(super) fn tell_watcher(&self) {
        if let Some(watcher) = &self.watcher
            && watcher.is_wanted()
        {
            watcher.give(self.figures(), self.health());
        }
    }

    fn figures(&self) -> Figures {
        let tally = &self.tally;
        let queued = tally.open() + self.pending();
        // What an open transaction has counted an abort would take back.
        let (sent, acknowledged, bytes, failures) = match &self.transaction {
            Some(before) => (before.sent, before.acknowledged, before.bytes, &before.failures),
            None => (tally.sent, tally.acknowledged, tally.bytes, &tally.failures),
        };
        let of_kind = |kind| {
            let failures = failures.iter().filter(|one| one.kind == kind);
            (kind, failures.map(|one| one.count).sum())
        };
        let (acknowledged, unconfirmed) =
            if self.confirms() { (acknowledged, 0) } else { (0, acknowledged) };
        Figures {
            sent,
            acknowledged,
            unconfirmed,
            failed: FailureKind::ALL.map(of_kind).into(),
            unknown: tally.unknown,
            bytes,
            queued,
            latency: tally.latency.clone(),
            waited_for_room: self.waited_for_room,
            committed: self.transactions.committed,
            aborted: self.transactions.aborted,
        }
    }

    /// Whether it works, or why not.
    fn health(&self) -> Health {
        if let Some(reason) = &self.overdue {
            return Err(reason.clone());
        }
        self.trouble.check_present()?;
        let waiting =
            self.waiting.as_ref().filter(|one| one.acknowledged == self.tally.acknowledged);
        match waiting.map(|one| one.since.elapsed()).filter(|time| *time >= STUCK) {
            Some(time) if self.is_busy() => {
                let count = self.tally.open() + self.pending();
                let wait = if count == 1 { "message waits" } else { "messages wait" };
                Err(format!(
                    "{count} {wait}, and none was acknowledged for {} s{}",
                    time.as_secs(),
                    self.cause()
                ))
            }
            _ => Ok(()),
        }
    }
}
