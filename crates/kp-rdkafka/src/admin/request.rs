//! One request: its options, a queue for its answer, waiting for it.
#![expect(unsafe_code, reason = "the core of all admin requests")]

use std::ffi::{c_char, c_int};
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::bindings as sys;
use rdkafka::client::Client;
use rdkafka::error::RDKafkaErrorCode;

use super::native::{self, Owned};
use super::{AdminError, Isolation, ItemError};

/// librdkafka ends a request by itself at its timeout, with a better reason than "nothing came": it gets this much longer to say so.
const GRACE: Duration = Duration::from_millis(500);

/// librdkafka refuses a longer timeout.
const LONGEST: Duration = Duration::from_secs(3600);

/// A kind of request.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    /// As it reads after "failed to".
    pub(super) name: &'static str,
    pub(super) operation: sys::rd_kafka_admin_op_t,
    /// The type of the event that brings the answer.
    pub(super) answer: sys::rd_kafka_event_type_t,
}

/// A request that was not sent yet.
pub(super) struct Request<'c> {
    kind: Kind,
    timeout: Duration,
    client: *mut sys::rd_kafka_t,
    // The queue refers to the client: it goes first.
    options: Owned<sys::rd_kafka_AdminOptions_t>,
    queue: Owned<sys::rd_kafka_queue_t>,
    lives_as_long_as: PhantomData<&'c ()>,
}

impl<'c> Request<'c> {
    pub(super) fn new<C: ClientContext>(
        client: &'c Client<C>,
        kind: Kind,
        timeout: Duration,
    ) -> Result<Self, AdminError> {
        let client = client.native_ptr();
        // SAFETY: the client lives as long as `'c`; both are ours to free.
        let (options, queue) = unsafe {
            (
                Owned::new(
                    sys::rd_kafka_AdminOptions_new(client, kind.operation),
                    sys::rd_kafka_AdminOptions_destroy,
                ),
                Owned::new(sys::rd_kafka_queue_new(client), sys::rd_kafka_queue_destroy),
            )
        };
        let (Some(options), Some(queue)) = (options, queue) else {
            return Err(kind.refused("librdkafka does not know this request"));
        };
        let request = Self {
            kind,
            timeout: timeout.min(LONGEST),
            client,
            options,
            queue,
            lives_as_long_as: PhantomData,
        };
        request.set_timeout(sys::rd_kafka_AdminOptions_set_request_timeout)?;
        Ok(request)
    }

    /// Lets the broker answer only once all brokers know of the change, as far as the timeout allows.
    pub(super) fn wait_for_propagation(self) -> Result<Self, AdminError> {
        self.set_timeout(sys::rd_kafka_AdminOptions_set_operation_timeout)?;
        Ok(self)
    }

    /// Which messages count as there.
    pub(super) fn isolation(self, isolation: Isolation) -> Result<Self, AdminError> {
        let level = match isolation {
            Isolation::ReadUncommitted => {
                sys::rd_kafka_IsolationLevel_t::RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED
            }
            Isolation::ReadCommitted => {
                sys::rd_kafka_IsolationLevel_t::RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED
            }
        };
        // SAFETY: the options are alive; the error, if there is one, is ours to free.
        let error = unsafe {
            Owned::new(
                sys::rd_kafka_AdminOptions_set_isolation_level(self.options.raw(), level),
                sys::rd_kafka_error_destroy,
            )
        };
        match error {
            None => Ok(self),
            // SAFETY: alive until the end of this arm.
            Some(error) => Err(self
                .kind
                .failed(unsafe { native::error(error.raw()) }, self.timeout)),
        }
    }

    /// Sends the request and waits for its answer.
    ///
    /// `submit` gets the client, the options and the queue, for librdkafka's function of this kind; that copies its arguments. `read`
    /// gets the answer, which is of the kind's type, and lives during that call.
    pub(super) fn run<T>(
        self,
        submit: impl FnOnce(
            *mut sys::rd_kafka_t,
            *const sys::rd_kafka_AdminOptions_t,
            *mut sys::rd_kafka_queue_t,
        ),
        read: impl FnOnce(*mut sys::rd_kafka_event_t) -> T,
    ) -> Result<T, AdminError> {
        submit(self.client, self.options.raw(), self.queue.raw());
        let event = self.wait()?;
        // SAFETY: the event is alive; its text as well.
        let error = unsafe {
            native::item_error(
                native::rd_kafka_event_error(event.raw()),
                native::text(sys::rd_kafka_event_error_string(event.raw())),
            )
        };
        match error {
            None => Ok(read(event.raw())),
            error => Err(self.kind.failed(error, self.timeout)),
        }
    }

    /// The answer's event. Any other is passed over: the queue is this request's own, so that none is to be expected.
    fn wait(&self) -> Result<Owned<sys::rd_kafka_event_t>, AdminError> {
        let end = Instant::now() + self.timeout + GRACE;
        loop {
            let left = milliseconds(end.saturating_duration_since(Instant::now()));
            // SAFETY: the queue is alive; the event is ours to free, and is null when none came.
            let event = unsafe {
                Owned::new(
                    sys::rd_kafka_queue_poll(self.queue.raw(), left),
                    sys::rd_kafka_event_destroy,
                )
            };
            match event {
                // SAFETY: the event is alive.
                Some(event)
                    if unsafe { sys::rd_kafka_event_type(event.raw()) } == self.kind.answer =>
                {
                    return Ok(event);
                }
                None if left == 0 => return Err(self.kind.timed_out(self.timeout)),
                _ => {}
            }
        }
    }

    fn set_timeout(&self, set: SetTimeout) -> Result<(), AdminError> {
        let mut reason = ErrorText::default();
        // SAFETY: the options are alive, and the buffer's true length is given.
        let result = unsafe {
            set(
                self.options.raw(),
                milliseconds(self.timeout),
                reason.as_mut_ptr(),
                reason.len(),
            )
        };
        match result {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            _ => Err(self.kind.refused(&reason.to_string())),
        }
    }
}

type SetTimeout = unsafe extern "C" fn(
    *mut sys::rd_kafka_AdminOptions_t,
    c_int,
    *mut c_char,
    usize,
) -> sys::rd_kafka_resp_err_t;

impl Kind {
    /// The broker refused, or did not answer in `timeout`.
    pub(super) fn failed(self, error: Option<ItemError>, timeout: Duration) -> AdminError {
        let (code, reason) = match error {
            Some(error) if is_timeout(error.code) => return self.timed_out(timeout),
            Some(error) => (error.code, error.text),
            None => (RDKafkaErrorCode::Fail, "no reason given".to_owned()),
        };
        AdminError::Request {
            request: self.name,
            code,
            reason,
        }
    }

    fn timed_out(self, timeout: Duration) -> AdminError {
        AdminError::Timeout {
            request: self.name,
            timeout,
        }
    }

    /// librdkafka refused before it asked anyone.
    fn refused(self, reason: &str) -> AdminError {
        AdminError::Request {
            request: self.name,
            code: RDKafkaErrorCode::InvalidArgument,
            reason: reason.to_owned(),
        }
    }

    /// An argument that librdkafka does not take.
    pub(super) fn argument(self, what: &'static str, value: &str, reason: String) -> AdminError {
        AdminError::Argument {
            request: self.name,
            what,
            value: value.to_owned(),
            reason,
        }
    }
}

/// Room for librdkafka's reason.
pub(super) struct ErrorText([c_char; 512]);

impl Default for ErrorText {
    fn default() -> Self {
        Self([0; 512])
    }
}

impl ErrorText {
    pub(super) fn as_mut_ptr(&mut self) -> *mut c_char {
        self.0.as_mut_ptr()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl std::fmt::Display for ErrorText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // SAFETY: all zero at first, and librdkafka ends by a NUL what it writes within the length it is given.
        f.write_str(&unsafe { native::text(self.0.as_ptr()) }.unwrap_or_default())
    }
}

fn is_timeout(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::OperationTimedOut | RDKafkaErrorCode::TimedOutQueue
    )
}

fn milliseconds(time: Duration) -> c_int {
    c_int::try_from(time.as_millis()).unwrap_or(c_int::MAX)
}
