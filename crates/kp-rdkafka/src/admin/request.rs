//! One request: its options, a queue for its answer, waiting for it.
#![expect(unsafe_code, reason = "the core of all admin requests")]

use std::ffi::{c_char, c_int};
use std::time::{Duration, Instant};

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use super::error::{self, AdminError, ItemError};
use crate::client::Client;
use crate::native::{self, Owned, Queue, Reason, millis, text};
use crate::raw_event::RawEvent;

/// librdkafka ends a request by itself at its timeout, with a better reason than "nothing came": it
/// gets this much longer to say so.
const GRACE: Duration = Duration::from_millis(500);

/// An answer that takes longer may never come, because the broker is away.
const SLOW: Duration = Duration::from_millis(300);

/// How often it is looked for another broker after that.
const LATER: Duration = Duration::from_secs(1);

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
pub(super) struct Request {
    kind: Kind,
    timeout: Duration,
    options: Owned<sys::rd_kafka_AdminOptions_t>,
    queue: Queue,
    /// The others refer to it: it goes last.
    client: Client,
}

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The broker that librdkafka chooses, mostly what it takes for the controller.
    Any,
    /// The broker of this id. While it is away the request waits for it.
    Broker(i32),
}

/// A question that was asked, and may not be answered yet.
pub struct Pending<T> {
    sent: Sent,
    read: fn(*mut sys::rd_kafka_event_t) -> T,
}

impl<T> Pending<T> {
    /// `read` gets the answer's event, which is of the kind's type, and lives during that call.
    pub(super) fn new(sent: Sent, read: fn(*mut sys::rd_kafka_event_t) -> T) -> Self {
        Self { sent, read }
    }

    /// The answer, if it comes within this time. It comes once.
    pub fn answer(&self, wait: Duration) -> Option<Result<T, AdminError>> {
        self.sent.answer(wait, self.read)
    }

    /// The answer, whenever it comes: after the request's timeout at the latest.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn wait(&self) -> Result<T, AdminError> {
        self.sent.wait(self.read)
    }
}

/// A request that was sent, and whose answer may not have come yet.
pub(super) struct Sent {
    kind: Kind,
    timeout: Duration,
    /// When no answer comes any more.
    end: Instant,
    queue: Queue,
    /// The queue refers to it: it goes last.
    client: Client,
}

impl Request {
    pub(super) fn new(client: &Client, kind: Kind, timeout: Duration) -> Result<Self, AdminError> {
        // SAFETY: the client is alive, and kept beside both; they are ours to free.
        let (options, queue) = unsafe {
            (
                Owned::new(
                    sys::rd_kafka_AdminOptions_new(client.raw(), kind.operation),
                    sys::rd_kafka_AdminOptions_destroy,
                ),
                Queue::new(client.raw()),
            )
        };
        let (Some(options), Some(queue)) = (options, queue) else {
            return Err(kind.refused("librdkafka does not know this request"));
        };
        let request =
            Self { kind, timeout: timeout.min(LONGEST), options, queue, client: client.clone() };
        request.set_timeout(sys::rd_kafka_AdminOptions_set_request_timeout)?;
        Ok(request)
    }

    /// Lets the broker answer only once all brokers know of the change, as far as the timeout
    /// allows.
    pub(super) fn wait_for_propagation(self) -> Result<Self, AdminError> {
        self.set_timeout(sys::rd_kafka_AdminOptions_set_operation_timeout)?;
        Ok(self)
    }

    /// Chooses who is asked.
    pub(super) fn of(self, whom: Whom) -> Result<Self, AdminError> {
        let Whom::Broker(id) = whom else {
            return Ok(self);
        };
        let mut reason = Reason::new();
        // SAFETY: the options are alive, and the buffer's true length is given.
        let result = unsafe {
            sys::rd_kafka_AdminOptions_set_broker(
                self.options.raw(),
                id,
                reason.as_mut_ptr(),
                reason.len(),
            )
        };
        match result {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(self),
            _ => Err(self.kind.refused(&reason.to_string())),
        }
    }

    /// Lets the answer tell what this user may do.
    pub(super) fn with_authorized_operations(self) -> Result<Self, AdminError> {
        let options = self.options.raw();
        // SAFETY: the options are alive; the error, if there is one, is ours, and alive while it is
        // read.
        unsafe {
            native::succeeded(sys::rd_kafka_AdminOptions_set_include_authorized_operations(
                options, 1,
            ))
            .map_err(|error| self.kind.failed(error::read(error.raw()), self.timeout))?;
        }
        Ok(self)
    }

    /// Which messages count as there.
    pub(super) fn isolation(
        self,
        level: sys::rd_kafka_IsolationLevel_t,
    ) -> Result<Self, AdminError> {
        let options = self.options.raw();
        // SAFETY: the options are alive; the error, if there is one, is ours, and alive while it is
        // read.
        unsafe {
            native::succeeded(sys::rd_kafka_AdminOptions_set_isolation_level(options, level))
                .map_err(|error| self.kind.failed(error::read(error.raw()), self.timeout))?;
        }
        Ok(self)
    }

    /// Sends the request and waits for its answer, as [`Request::send`] and [`Sent::wait`] do.
    pub(super) fn run<T>(
        self,
        submit: impl FnOnce(
            *mut sys::rd_kafka_t,
            *const sys::rd_kafka_AdminOptions_t,
            *mut sys::rd_kafka_queue_t,
        ),
        read: impl FnOnce(*mut sys::rd_kafka_event_t) -> T,
    ) -> Result<T, AdminError> {
        self.send(submit).wait(read)
    }

    /// Sends the request. `submit` gets the client, the options and the queue, for librdkafka's
    /// function of this kind; that copies its arguments.
    pub(super) fn send(
        self,
        submit: impl FnOnce(
            *mut sys::rd_kafka_t,
            *const sys::rd_kafka_AdminOptions_t,
            *mut sys::rd_kafka_queue_t,
        ),
    ) -> Sent {
        submit(self.client.raw(), self.options.raw(), self.queue.raw());
        Sent {
            kind: self.kind,
            timeout: self.timeout,
            end: Instant::now() + self.timeout + GRACE,
            queue: self.queue,
            client: self.client,
        }
    }

    /// Sends the request about these things.
    ///
    /// # Safety
    /// `submit` is librdkafka's function of this kind, which copies the things.
    pub(super) unsafe fn send_all<T>(self, submit: SubmitAll<T>, things: &[Owned<T>]) -> Sent {
        let mut pointers: Vec<*mut T> = things.iter().map(Owned::raw).collect();
        // SAFETY: by this function's contract; the things are alive, and as many as is said.
        self.send(|client, options, queue| unsafe {
            submit(client, pointers.as_mut_ptr(), pointers.len(), options, queue)
        })
    }

    fn set_timeout(&self, set: SetTimeout) -> Result<(), AdminError> {
        let mut reason = Reason::new();
        // SAFETY: the options are alive, and the buffer's true length is given.
        let result = unsafe {
            set(self.options.raw(), millis(self.timeout), reason.as_mut_ptr(), reason.len())
        };
        match result {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            _ => Err(self.kind.refused(&reason.to_string())),
        }
    }
}

impl Sent {
    /// What `read` makes of the answer, if that comes within `wait`. `read` gets the answer's
    /// event, which is of the kind's type, and lives during that call.
    pub(super) fn answer<T>(
        &self,
        wait: Duration,
        read: impl FnOnce(*mut sys::rd_kafka_event_t) -> T,
    ) -> Option<Result<T, AdminError>> {
        let event = self.event(wait.min(self.left()))?;
        Some(event.and_then(|event| self.read(&event, read)))
    }

    /// As [`Sent::answer`], whenever the answer comes.
    pub(super) fn wait<T>(
        &self,
        read: impl FnOnce(*mut sys::rd_kafka_event_t) -> T,
    ) -> Result<T, AdminError> {
        let mut patience = SLOW;
        loop {
            if let Some(event) = self.event(self.left().min(patience)) {
                return self.read(&event?, read);
            }
            patience = LATER;
            // Most requests go to the controller that the last metadata named. While that one is
            // away librdkafka waits for it, and does not ask whether there is another. Newer
            // metadata names another, and librdkafka sends the request there.
            self.client.refresh_brokers(self.left().min(SLOW));
        }
    }

    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// The answer's event. Any other is passed over: the queue is this request's own, so that none
    /// is to be expected.
    fn event(&self, wait: Duration) -> Option<Result<RawEvent, AdminError>> {
        match RawEvent::poll(&self.client, &self.queue, wait) {
            Some(event) if event.kind() == self.kind.answer => Some(Ok(event)),
            None if self.left().is_zero() => Some(Err(self.kind.timed_out(self.timeout))),
            _ => None,
        }
    }

    fn read<T>(
        &self,
        event: &RawEvent,
        read: impl FnOnce(*mut sys::rd_kafka_event_t) -> T,
    ) -> Result<T, AdminError> {
        // SAFETY: the event is alive; its text as well.
        let error = unsafe {
            error::of_item(
                native::rd_kafka_event_error(event.raw()),
                text(sys::rd_kafka_event_error_string(event.raw())),
            )
        };
        match error {
            None => Ok(read(event.raw())),
            error => Err(self.kind.failed(error, self.timeout)),
        }
    }
}

type SubmitAll<T> = unsafe extern "C" fn(
    *mut sys::rd_kafka_t,
    *mut *mut T,
    usize,
    *const sys::rd_kafka_AdminOptions_t,
    *mut sys::rd_kafka_queue_t,
);

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
        AdminError::Request { request: self.name, code, reason }
    }

    fn timed_out(self, timeout: Duration) -> AdminError {
        AdminError::Timeout { request: self.name, timeout }
    }

    /// librdkafka refused before it asked anyone.
    pub(super) fn refused(self, reason: &str) -> AdminError {
        AdminError::Request {
            request: self.name,
            code: RDKafkaErrorCode::InvalidArgument,
            reason: reason.to_owned(),
        }
    }

    /// An argument that librdkafka does not take.
    pub(super) fn argument(self, what: &'static str, value: &str, reason: String) -> AdminError {
        AdminError::Argument { request: self.name, what, value: value.to_owned(), reason }
    }
}

fn is_timeout(code: RDKafkaErrorCode) -> bool {
    matches!(code, RDKafkaErrorCode::OperationTimedOut | RDKafkaErrorCode::TimedOutQueue)
}
