//! Transactions of a producer.
//!
//! ```text
//!  init (on connecting) -> begin -> send ... -> commit -> Committed
//!                            ^                    |-> MustAbort -> abort -+
//!                            +---------------------------------------------+
//! ```
//! librdkafka waits in its own calls until every report was polled, and this thread is the one that polls. So each call gets a short
//! time, reports are served, and the same call goes on where it was. Sending offsets alone does not go on but begins anew; by then all
//! reports were polled, and it gets the time that it needs.

use std::time::{Duration, Instant};

use kp_rdkafka::{Client, TransactionError};
use rdkafka::TopicPartitionList;
use rdkafka::error::RDKafkaErrorCode as Code;

use super::{GLANCE, Producer};
use crate::consume::Consumer;
use crate::error::{Error, is_fenced};

/// How long one call may take before reports are served and it is looked whether to stop.
const STEP: Duration = Duration::from_millis(100);
/// How long sending offsets may take: two requests, to a coordinator that may just be moving.
const OFFSETS: Duration = Duration::from_secs(5);

/// How the end of a transaction came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All of it is to be seen.
    Committed,
    /// It cannot be committed, for this reason: [`Producer::abort`] must follow.
    MustAbort(String),
    /// A coordinator has fallen silent, and this producer can do nothing more, for this reason. A new one with the same id aborts what is
    /// open, none of which is committed.
    Lost(String),
    /// It was told to stop before that was known.
    Stopped,
}

/// The counts before a transaction, to which an abort returns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    sent: u64,
    acknowledged: u64,
    failed: u64,
    bytes: u64,
    kinds_of_failure: usize,
}

impl Producer {
    /// Takes over the transactional id from whoever had it.
    pub(super) fn init_transactions(&mut self) -> Result<(), Error> {
        let what = "begin transactions";
        let init = |client: &Client| client.init_transactions(STEP);
        match self.carry_out(what, &|| false, &init)? {
            Ended::MustAbort(reason) | Ended::Lost(reason) => Err(Error::Stalled(format!(
                "cannot {what} on {}: {reason}",
                self.broker
            ))),
            Ended::Committed | Ended::Stopped => Ok(()),
        }
    }

    /// Begins a transaction, to which all that is sent from here on belongs.
    ///
    /// # Errors
    /// A state after which nothing can be sent any more.
    pub fn begin(&mut self) -> Result<(), Error> {
        self.client
            .begin_transaction()
            .map_err(|error| self.ended_by(&error))?;
        self.transaction = Some(Before {
            sent: self.tally.sent,
            acknowledged: self.tally.acknowledged,
            failed: self.tally.failed,
            bytes: self.tally.bytes,
            kinds_of_failure: self.tally.failures.len(),
        });
        if let Some(ledger) = &mut self.ledger {
            ledger.begin();
        }
        Ok(())
    }

    /// Waits until all messages of the transaction are acknowledged, then commits it; with it the offsets of a consumer, if some are
    /// given.
    ///
    /// # Errors
    /// A state after which nothing can be sent any more, for instance because another instance took over; no answer to the commit.
    pub fn commit(
        &mut self,
        offsets: Option<(&TopicPartitionList, &Consumer)>,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Ended, Error> {
        while self.is_busy() {
            if stopped() {
                return Ok(Ended::Stopped);
            }
            self.flush(GLANCE, stopped)?;
        }
        self.check_fatal()?;
        let before = self.transaction.map_or(0, |before| before.failed);
        if self.tally.failed > before {
            let reason = self.tally.failures.last();
            return Ok(Ended::MustAbort(reason.map_or_else(
                || "a message failed".to_owned(),
                |(reason, _)| reason.clone(),
            )));
        }
        if let Some((offsets, consumer)) = offsets {
            let send = |client: &Client| {
                client.send_offsets_to_transaction(offsets, consumer.client(), OFFSETS)
            };
            let sent = self.carry_out("send offsets with a transaction", stopped, &send)?;
            if sent != Ended::Committed {
                return Ok(sent);
            }
        }
        let commit = |client: &Client| client.commit_transaction(STEP);
        let ended = self.carry_out("commit a transaction", stopped, &commit)?;
        if ended == Ended::Committed {
            self.transaction = None;
            if let Some(ledger) = &mut self.ledger {
                ledger.committed()?;
            }
        }
        Ok(ended)
    }

    /// Aborts the transaction: its messages are to be seen by nobody who reads committed ones, and count as never sent.
    ///
    /// # Errors
    /// A state after which nothing can be sent any more; no answer in time.
    pub fn abort(&mut self, stopped: &dyn Fn() -> bool) -> Result<(), Error> {
        self.pending = kp_rdkafka::Batch::default();
        let abort = |client: &Client| client.abort_transaction(STEP);
        let ended = self.carry_out("abort a transaction", stopped, &abort)?;
        self.count_reports(Duration::ZERO)?;
        if ended != Ended::Committed {
            return Err(Error::Stalled(format!(
                "there was no time left to abort a transaction on {} (--shutdown-timeout); the broker does it by itself",
                self.broker
            )));
        }
        if let Some(before) = self.transaction.take() {
            self.tally.sent = before.sent;
            self.tally.acknowledged = before.acknowledged;
            self.tally.failed = before.failed;
            self.tally.bytes = before.bytes;
            self.tally.failures.truncate(before.kinds_of_failure);
        }
        if let Some(ledger) = &mut self.ledger {
            ledger.aborted()?;
        }
        Ok(())
    }

    /// Counts messages of an aborted transaction as failed for good.
    pub fn give_up(&mut self, messages: u64, reason: &str) {
        for _ in 0..messages {
            self.tally.sent += 1;
            self.tally.fail(reason.to_owned());
        }
    }

    /// Nobody sees the messages of a transaction that was not committed, whatever the broker acknowledged.
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
        stopped: &dyn Fn() -> bool,
        call: &dyn Fn(&Client) -> Result<(), TransactionError>,
    ) -> Result<Ended, Error> {
        let deadline = Instant::now() + self.delivery_timeout;
        loop {
            let Err(error) = call(&self.client) else {
                return Ok(Ended::Committed);
            };
            self.count_reports(Duration::ZERO)?;
            if error.fatal || is_fenced(error.code) {
                return Err(self.ended_by(&error));
            }
            if error.lost {
                return Ok(Ended::Lost(error.text));
            }
            if error.must_abort {
                return Ok(Ended::MustAbort(error.text));
            }
            if !error.retriable {
                return Err(self.ended_by(&error));
            }
            if stopped() {
                return Ok(Ended::Stopped);
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
        Error::at(
            format!("transactions on {}: {}", self.broker, error.text),
            error.code,
        )
    }

    fn no_answer(&self, what: &str) -> Error {
        let cause = self
            .trouble
            .brief()
            .map_or_else(String::new, |cause| format!("; last heard: {cause}"));
        Error::Stalled(format!(
            "cannot {what} on {}: no answer within {:?} (--delivery-timeout){cause}",
            self.broker, self.delivery_timeout
        ))
    }
}
