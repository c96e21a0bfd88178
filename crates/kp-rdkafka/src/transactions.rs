//! Transactions: messages, and a consumer's offsets, that are seen as a whole or not at all.
//!
//! Each call waits at most for its timeout. One that was not over then goes on below: the error
//! says [`TransactionError::retriable`], and the same call again waits on. Delivery reports must be
//! polled between the tries, since librdkafka waits until there are none.
#![expect(unsafe_code, reason = "each call into librdkafka states why it is sound")]

use std::sync::mpsc;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use crate::client::Client;
use crate::native::{Owned, millis, succeeded, words};
use crate::partitions::{List, Offsets};

/// Why a step of a transaction failed, and what is left to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct TransactionError {
    /// The code, by which a program decides.
    pub code: RDKafkaErrorCode,
    /// librdkafka's words.
    pub text: String,
    /// Nothing more can be done with this producer, for instance because another one took over.
    pub fatal: bool,
    /// The transaction must be aborted; then the next one can begin.
    pub must_abort: bool,
    /// The same call may succeed when it is made again.
    pub retriable: bool,
    /// librdkafka does not come back from this call: only a new producer with the same id can go
    /// on. What is open is not committed.
    pub lost: bool,
}

/// How many times its timeout a call may take until its producer is given up.
const GIVEN_UP: u32 = 4;

type Done = Result<(), TransactionError>;

impl Client {
    /// Takes over the transactional id: what an earlier producer with this id left open is aborted,
    /// and that producer is fenced.
    ///
    /// # Errors
    /// No transactional id, no coordinator in time, or a refusal.
    pub fn init_transactions(&self, timeout: Duration) -> Done {
        // SAFETY: the client is alive; the error is owned by `taken`.
        unsafe { taken(sys::rd_kafka_init_transactions(self.raw(), millis(timeout))) }
    }

    /// Begins a transaction: all messages from here on belong to it.
    ///
    /// # Errors
    /// A fatal state.
    pub fn begin_transaction(&self) -> Done {
        // SAFETY: as above.
        unsafe { taken(sys::rd_kafka_begin_transaction(self.raw())) }
    }

    /// Makes offsets of a consumer's group a part of the transaction; they are committed with it.
    ///
    /// librdkafka waits without a bound inside this call: a request to a coordinator that fell
    /// silent counts as lost after `socket.timeout.ms` only. So a thread of its own makes it. When
    /// that thread has no answer after four times `timeout`, this producer is lost. Its successor
    /// with the same id aborts the transaction.
    ///
    /// # Errors
    /// As [`Client::commit_transaction`]; also when the group gave the partitions to another
    /// member.
    pub fn send_offsets_to_transaction(
        &self,
        offsets: &Offsets,
        consumer: &Client,
        timeout: Duration,
    ) -> Done {
        let (sender, answer) = mpsc::channel();
        let (producer, offsets, consumer) = (self.clone(), offsets.clone(), consumer.clone());
        let asked = std::thread::Builder::new()
            .name("kp-offsets".to_owned())
            .spawn(move || sender.send(producer.send_offsets(&offsets, &consumer, timeout)));
        let given_up = |text: String, lost| TransactionError {
            code: RDKafkaErrorCode::OperationTimedOut,
            text,
            fatal: false,
            must_abort: false,
            retriable: false,
            lost,
        };
        if let Err(error) = asked {
            return Err(given_up(format!("no thread can be had: {error}"), false));
        }
        answer.recv_timeout(timeout * GIVEN_UP).unwrap_or_else(|_| {
            Err(given_up(
                format!(
                    "a coordinator has not answered for {:?} whether it has the offsets",
                    timeout * GIVEN_UP
                ),
                true,
            ))
        })
    }

    fn send_offsets(&self, offsets: &Offsets, consumer: &Client, timeout: Duration) -> Done {
        // SAFETY: both clients and the list are alive; the group's metadata is ours, and goes at
        // the end of this function.
        let group = unsafe {
            Owned::new(
                sys::rd_kafka_consumer_group_metadata(consumer.raw()),
                sys::rd_kafka_consumer_group_metadata_destroy,
            )
        };
        let refused = |code, text: &str| TransactionError {
            code,
            text: text.to_owned(),
            fatal: false,
            must_abort: true,
            retriable: false,
            lost: false,
        };
        let Some(group) = group else {
            return Err(refused(RDKafkaErrorCode::Fail, "the consumer is in no group"));
        };
        let list = List::of_offsets(offsets)
            .map_err(|code| refused(code, "a topic of the offsets has no name that can be sent"))?;
        // SAFETY: as above; librdkafka copies what it needs.
        unsafe {
            taken(sys::rd_kafka_send_offsets_to_transaction(
                self.raw(),
                list.raw(),
                group.raw(),
                millis(timeout),
            ))
        }
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// [`TransactionError`] says whether to try again, to abort, or to end.
    pub fn commit_transaction(&self, timeout: Duration) -> Done {
        // SAFETY: the client is alive; the error is owned by `taken`.
        unsafe { taken(sys::rd_kafka_commit_transaction(self.raw(), millis(timeout))) }
    }

    /// Aborts the transaction: its messages are seen by nobody who reads committed ones. Those that
    /// wait in the queue fail.
    ///
    /// # Errors
    /// [`TransactionError`] says whether to try again, or to end.
    pub fn abort_transaction(&self, timeout: Duration) -> Done {
        // SAFETY: as above.
        unsafe { taken(sys::rd_kafka_abort_transaction(self.raw(), millis(timeout))) }
    }
}

/// # Safety
/// `error` is null or an error that the caller gives away.
unsafe fn taken(error: *mut sys::rd_kafka_error_t) -> Done {
    // SAFETY: by this function's contract; the error is alive while it is read.
    unsafe { succeeded(error) }.map_err(|error| unsafe {
        TransactionError {
            code: error.code(),
            text: words(sys::rd_kafka_error_string(error.raw())),
            fatal: sys::rd_kafka_error_is_fatal(error.raw()) != 0,
            must_abort: sys::rd_kafka_error_txn_requires_abort(error.raw()) != 0,
            retriable: sys::rd_kafka_error_is_retriable(error.raw()) != 0,
            lost: false,
        }
    })
}
