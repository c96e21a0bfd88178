//! Transactions of a producer.
//!
//! ```text
//!  init (on connecting) -> begin -> send ... -> commit -> Committed
//!                            ^                    |-> MustAbort -> abort -+
//!                            +---------------------------------------------+
//! ```
//! librdkafka waits in its own calls until every report was polled, and this thread is the one that
//! polls. So each call gets a short time, reports are served, and the same call goes on where it
//! was. Sending offsets alone does not go on but begins anew; by then all reports were polled, and
//! it gets the time that it needs.

use std::time::{Duration, Instant};

use kp_rdkafka::{Client, Offsets, TransactionError};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::kind::FailureKind;
use super::obstacle::LOOK;
use super::reports::{Fate, Report};
use super::state::{Before, Ended};
use super::{GLANCE, Producer};
use crate::consume::Consumer;
use crate::error::{Error, is_fenced};
use crate::words::said;

/// How long one call may take before reports are served and it is looked whether to stop.
const STEP: Duration = Duration::from_millis(100);
/// How long sending offsets may take: two requests, to a coordinator that may just be moving.
const OFFSETS: Duration = Duration::from_secs(5);

impl Producer {
    /// Takes over the transactional id from its last owner; false when it has to stop first.
    pub(super) fn init_transactions(&mut self) -> Result<bool, Error> {
        let what = "begin transactions";
        let init = |client: &Client| client.init_transactions(STEP);
        match self.carry_out(what, &init)? {
            Ended::MustAbort(reason) | Ended::Lost(reason) => {
                Err(Error::Stalled(format!("cannot {what} on {}: {reason}", self.broker)))
            }
            Ended::Stopped => Ok(false),
            Ended::Committed | Ended::Refused { .. } => {
                self.is_initialised = true;
                Ok(true)
            }
        }
    }

    /// Begins a transaction, to which all that is sent from here on belongs.
    ///
    /// # Errors
    /// A state after which nothing can be sent any more.
    pub fn begin(&mut self) -> Result<(), Error> {
        self.client.begin_transaction().map_err(|error| self.ended_by(&error))?;
        self.refused_for_good = None;
        self.is_keyless_noted = false;
        self.transaction = Some(Before {
            sent: self.tally.sent,
            acknowledged: self.tally.acknowledged,
            failed: self.tally.failed,
            bytes: self.tally.bytes,
            failures: self.tally.failures.clone(),
        });
        if let Some(ledger) = &mut self.ledger {
            ledger.begin();
        }
        Ok(())
    }

    /// Waits until all messages of the transaction are acknowledged, then commits it; with it the
    /// offsets of a consumer, if some are given.
    ///
    /// # Errors
    /// A state after which nothing can be sent any more, for instance because another instance took
    /// over; no answer to the commit.
    pub fn commit(&mut self, offsets: Option<(&Offsets, &Consumer)>) -> Result<Ended, Error> {
        let before = self.transaction.as_ref().map_or(0, |before| before.failed);
        // After a failure librdkafka holds the rest back until it is aborted.
        while self.is_busy() && self.tally.failed == before {
            if self.is_stopped() {
                return Ok(Ended::Stopped);
            }
            self.flush(GLANCE)?;
        }
        self.check_fatal()?;
        if self.tally.failed > before {
            if let Some((number, reason)) = self.refused_for_good.take() {
                return Ok(Ended::Refused { number, reason });
            }
            let reason = self.tally.failures.last();
            return Ok(Ended::MustAbort(
                reason.map_or_else(|| "a message failed".to_owned(), |kind| kind.reason.clone()),
            ));
        }
        if let Some((offsets, consumer)) = offsets {
            let send = |client: &Client| {
                client.send_offsets_to_transaction(offsets, consumer.client(), OFFSETS)
            };
            let sent = self.carry_out("send offsets with a transaction", &send)?;
            if sent != Ended::Committed {
                return Ok(sent);
            }
        }
        let commit = |client: &Client| client.commit_transaction(STEP);
        let ended = self.carry_out("commit a transaction", &commit)?;
        if ended == Ended::Committed {
            self.transaction = None;
            self.transactions.committed += 1;
            if let Some(ledger) = &mut self.ledger {
                ledger.committed()?;
            }
        }
        Ok(ended)
    }

    /// Aborts the transaction: its messages are to be seen by nobody who reads committed ones, and
    /// count as never sent.
    ///
    /// # Errors
    /// A state after which nothing can be sent any more; no answer in time.
    pub fn abort(&mut self) -> Result<(), Error> {
        self.pending = kp_rdkafka::Batch::default();
        let abort = |client: &Client| client.abort_transaction(STEP);
        let ended = self.carry_out("abort a transaction", &abort)?;
        self.count_reports(Duration::ZERO)?;
        let why = match ended {
            Ended::Committed => None,
            Ended::Stopped => Some("there was no time left for it (--shutdown-timeout)".to_owned()),
            Ended::MustAbort(reason) | Ended::Lost(reason) | Ended::Refused { reason, .. } => {
                Some(reason)
            }
        };
        if let Some(why) = why {
            return Err(Error::Stalled(format!(
                "a transaction on {} was not aborted: {why}; the broker does it by itself",
                self.broker
            )));
        }
        self.transactions.aborted += 1;
        if let Some(before) = self.transaction.take() {
            if let Some(timeline) = &mut self.timeline {
                timeline.note(&self.tally);
            }
            self.tally.sent = before.sent;
            self.tally.acknowledged = before.acknowledged;
            self.tally.failed = before.failed;
            self.tally.bytes = before.bytes;
            self.tally.failures = before.failures;
            if let Some(timeline) = &mut self.timeline {
                timeline.go_back(&self.tally);
            }
        }
        if let Some(ledger) = &mut self.ledger {
            ledger.aborted()?;
        }
        Ok(())
    }

    /// Counts a message of an aborted transaction as failed for good.
    pub fn give_up(&mut self, number: u64, reason: &str) {
        self.tally.sent += 1;
        self.tally.fail(reason.to_owned(), FailureKind::TransactionAborted, number);
        if let Some(reports) = &mut self.reports {
            reports.push(Report { number, fate: Fate::Failed(reason.to_owned()) });
        }
    }

    /// Nobody sees the messages of a transaction that was not committed, whatever the broker
    /// acknowledged.
    pub fn take_back_uncommitted(&mut self) {
        if let Some(before) = self.transaction.take() {
            self.tally.acknowledged = before.acknowledged;
            self.tally.bytes = before.bytes;
        }
    }

    /// Makes a call again and again until it is through, serving reports in between.
    fn carry_out(
        &mut self,
        what: &str,
        call: &dyn Fn(&Client) -> Result<(), TransactionError>,
    ) -> Result<Ended, Error> {
        let start = Instant::now();
        let deadline = start + self.delivery_timeout;
        let mut looked = false;
        loop {
            let Err(error) = call(&self.client) else {
                return Ok(Ended::Committed);
            };
            self.count_reports(Duration::ZERO)?;
            if error.fatal || is_fenced(error.code) {
                return Err(self.ended_by(&error));
            }
            if error.lost {
                return Ok(Ended::Lost(said(error.code, &error.text)));
            }
            if error.must_abort {
                return Ok(Ended::MustAbort(said(error.code, &error.text)));
            }
            if !error.retriable {
                return Err(self.ended_by(&error));
            }
            if self.is_stopped() {
                return Ok(Ended::Stopped);
            }
            if start.elapsed() >= LOOK && !std::mem::replace(&mut looked, true) {
                self.look_at_coordinator();
            }
            if Instant::now() > deadline {
                return Err(self.no_answer(what));
            }
        }
    }

    fn check_fatal(&self) -> Result<(), Error> {
        match self.client.fatal_error() {
            Some((code, _)) => Err(self.fatal(code)),
            None => Ok(()),
        }
    }

    fn ended_by(&self, error: &TransactionError) -> Error {
        let fatal = self.client.fatal_error().map(|(code, _)| code);
        let code = fatal.unwrap_or(error.code);
        if code == Code::TransactionalIdAuthorizationFailed {
            let what = format!("transactional id {}", self.transactional_id);
            let acl = format!("Write on {what}");
            return Error::at(what, code).needs(acl);
        }
        if fatal.is_some() {
            return self.fatal(error.code);
        }
        Error::at(format!("transactions on {}: {}", self.broker, error.text), error.code)
    }

    fn no_answer(&self, what: &str) -> Error {
        let cause = self.cause();
        Error::Stalled(format!(
            "cannot {what} on {}: no answer within {:?} (--delivery-timeout){cause}",
            self.broker, self.delivery_timeout
        ))
    }
}
