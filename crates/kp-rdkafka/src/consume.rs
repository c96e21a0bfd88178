//! What a consumer asks of its group and of its partitions.
#![expect(unsafe_code, reason = "each call into librdkafka states why it is sound")]

use std::ptr;
use std::time::{Duration, Instant};

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use crate::client::Client;
use crate::event::{Event, next_event};
use crate::native::{Queue, checked, millis, succeeded, words};
use crate::partitions::{List, Offsets, Place, Starts};
use crate::raw_event::RawEvent;

type Done = Result<(), RDKafkaErrorCode>;

impl Client {
    /// Joins the group of `group.id` for these topics; partitions come as [`Event::Assign`].
    ///
    /// # Errors
    /// librdkafka's, for a name it does not take.
    pub fn subscribe(&self, topics: &[String]) -> Done {
        let list = List::of_topics(topics)?;
        // SAFETY: client and list are alive; librdkafka copies the list.
        checked(unsafe { sys::rd_kafka_subscribe(self.raw(), list.raw()) })
    }

    /// Starts reading exactly these partitions.
    ///
    /// # Errors
    /// librdkafka's, in a fatal state.
    pub fn assign(&self, starts: &Starts) -> Done {
        let list = List::of_starts(starts)?;
        // SAFETY: client and list are alive; librdkafka copies the list.
        checked(unsafe { sys::rd_kafka_assign(self.raw(), list.raw()) })
    }

    /// Stops reading all partitions.
    ///
    /// # Errors
    /// librdkafka's, in a fatal state.
    pub fn unassign(&self) -> Done {
        // SAFETY: the client is alive; null means no partition.
        checked(unsafe { sys::rd_kafka_assign(self.raw(), ptr::null()) })
    }

    /// Answers [`Event::Assign`] as the group's rebalance protocol asks: these partitions instead
    /// of, or besides, the present ones.
    ///
    /// # Errors
    /// librdkafka's, in a fatal state.
    pub fn accept(&self, starts: &Starts) -> Done {
        if self.is_cooperative() { self.add(starts) } else { self.assign(starts) }
    }

    /// Answers [`Event::Revoke`] as the group's rebalance protocol asks.
    ///
    /// # Errors
    /// librdkafka's, in a fatal state.
    pub fn give_up(&self, partitions: &[Place]) -> Done {
        if self.is_cooperative() { self.remove(partitions) } else { self.unassign() }
    }

    /// Asks for messages of paused partitions again. It comes before they begin anew: librdkafka
    /// keeps them paused through an assignment.
    pub fn resume(&self, partitions: &[Place]) {
        let Ok(list) = List::of_places(partitions) else { return };
        // SAFETY: client and list are alive; the result of each is noted in the list. One that is
        // not held any more has nothing to be resumed.
        let _ = unsafe { sys::rd_kafka_resume_partitions(self.raw(), list.raw()) };
    }

    /// Asks for no more messages of these partitions, until [`Client::resume`].
    ///
    /// # Errors
    /// librdkafka's, for a partition that is not held.
    pub fn pause(&self, partitions: &[Place]) -> Done {
        let list = List::of_places(partitions)?;
        // SAFETY: client and list are alive; the result of each is noted in the list.
        checked(unsafe { sys::rd_kafka_pause_partitions(self.raw(), list.raw()) })
    }

    /// Begins anew in partitions that are held, whether or not reading has stopped there. Where the
    /// group's protocol knows only whole assignments, all partitions begin anew: `all` tells where.
    ///
    /// # Errors
    /// librdkafka's, in a fatal state, or for a partition that is not held.
    pub fn restart(&self, starts: &Starts, all: impl FnOnce() -> Starts) -> Done {
        if self.protocol() == "EAGER" {
            return self.assign(&all());
        }
        let partitions: Vec<Place> = starts.keys().cloned().collect();
        self.remove(&partitions)?;
        self.add(starts)
    }

    /// Reads these partitions besides those that are read.
    ///
    /// # Errors
    /// librdkafka's, in a fatal state, for a partition that is read already, or where the group's
    /// protocol knows only whole assignments.
    pub fn add(&self, starts: &Starts) -> Done {
        let list = List::of_starts(starts)?;
        // SAFETY: client and list are alive; the error is owned by `taken`.
        unsafe { taken(sys::rd_kafka_incremental_assign(self.raw(), list.raw())) }
    }

    /// Stops reading these partitions.
    ///
    /// # Errors
    /// As for [`Client::add`], or for a partition that is not read.
    pub fn remove(&self, partitions: &[Place]) -> Done {
        let list = List::of_places(partitions)?;
        // SAFETY: client and list are alive; the error is owned by `taken`.
        unsafe { taken(sys::rd_kafka_incremental_unassign(self.raw(), list.raw())) }
    }

    /// A queue of this client's, which goes before the call that uses it is over.
    fn new_queue(&self) -> Option<Queue> {
        // SAFETY: the client is alive, and outlives what its own methods keep to themselves.
        unsafe { Queue::new(self.raw()) }
    }

    /// Whether the group moves single partitions.
    pub(crate) fn is_cooperative(&self) -> bool {
        self.protocol() == "COOPERATIVE"
    }

    /// `NONE` without a group, `EAGER` or `COOPERATIVE`.
    fn protocol(&self) -> String {
        // SAFETY: the client is alive; the name is a constant of librdkafka.
        unsafe { words(sys::rd_kafka_rebalance_protocol(self.raw())) }
    }

    /// The offsets that the group has committed for these partitions, so far as there are any.
    ///
    /// # Errors
    /// librdkafka's, most often a timeout while the group has no coordinator.
    pub fn committed(
        &self,
        partitions: &[Place],
        timeout: Duration,
    ) -> Result<Offsets, RDKafkaErrorCode> {
        let list = List::of_places(partitions)?;
        // SAFETY: client and list are alive; the list is filled in place.
        checked(unsafe { sys::rd_kafka_committed(self.raw(), list.raw(), millis(timeout)) })?;
        Ok(list.offsets())
    }

    /// Goes on reading at these offsets, in partitions that are held.
    ///
    /// # Errors
    /// librdkafka's, for the request or for the first partition that could not.
    pub fn seek(&self, offsets: &Offsets, timeout: Duration) -> Done {
        let list = List::of_offsets(offsets)?;
        // SAFETY: client and list are alive; the list's elements get an error each.
        unsafe {
            taken(sys::rd_kafka_seek_partitions(self.raw(), list.raw(), millis(timeout)))?;
        }
        list.first_error()
    }

    /// Marks these offsets as done: the next commit, in the background or by [`Client::commit`],
    /// takes them along.
    ///
    /// # Errors
    /// librdkafka's, for a partition that was taken away meanwhile.
    pub fn store_offsets(&self, offsets: &Offsets) -> Done {
        self.store(&List::of_offsets(offsets)?)
    }

    /// Takes back what was marked as done in these partitions.
    ///
    /// # Errors
    /// As for [`Client::store_offsets`].
    pub fn forget_offsets(&self, partitions: &[Place]) -> Done {
        self.store(&List::of_places(partitions)?)
    }

    fn store(&self, list: &List) -> Done {
        // SAFETY: client and list are alive; librdkafka copies the offsets.
        checked(unsafe { sys::rd_kafka_offsets_store(self.raw(), list.raw()) })
    }

    /// Commits these offsets in the background; the answer comes as [`Event::Committed`].
    ///
    /// # Errors
    /// librdkafka's, in a fatal state.
    pub fn commit_in_background(&self, offsets: &Offsets) -> Done {
        let list = List::of_offsets(offsets)?;
        // SAFETY: client and list are alive; librdkafka copies the offsets.
        checked(unsafe { sys::rd_kafka_commit(self.raw(), list.raw(), 1) })
    }

    /// Commits these offsets and waits for the answer, at most for `timeout`.
    ///
    /// # Errors
    /// librdkafka's, `OperationTimedOut` when no answer came: then it is not known whether they
    /// were committed.
    pub fn commit(&self, offsets: &Offsets, timeout: Duration) -> Done {
        let deadline = Instant::now() + timeout;
        let list = List::of_offsets(offsets)?;
        let answers = self.new_queue().ok_or(RDKafkaErrorCode::Fail)?;
        // SAFETY: client, list and queue are alive; without a callback the answer comes as an
        // event.
        checked(unsafe {
            sys::rd_kafka_commit_queue(self.raw(), list.raw(), answers.raw(), None, ptr::null_mut())
        })?;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match RawEvent::poll(self, &answers, left) {
                Some(event) => return event.result(),
                None if left.is_zero() => return Err(RDKafkaErrorCode::OperationTimedOut),
                None => {}
            }
        }
    }

    /// Leaves the group, at most for `timeout`; true when it was left. Messages that come meanwhile
    /// are thrown away.
    pub fn close(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let Some(events) = self.new_queue() else {
            return false;
        };
        // SAFETY: client and queue are alive; the queue is served below.
        if unsafe { taken(sys::rd_kafka_consumer_close_queue(self.raw(), events.raw())) }.is_err() {
            return false;
        }
        loop {
            // SAFETY: the client is alive.
            if unsafe { sys::rd_kafka_consumer_closed(self.raw()) } != 0 {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            // The queue is not woken when closing ends, so that it is looked at often.
            let event = next_event(self, &events, left.min(Duration::from_millis(5)));
            if let Some(Event::Assign(_) | Event::Revoke(_) | Event::RebalanceFailed(_)) = event {
                // Whatever it says, there is nothing left to do for this member but to let go.
                let _ = self.unassign();
            }
        }
    }
}

/// # Safety
/// `error` is null or an error that the caller gives away.
unsafe fn taken(error: *mut sys::rd_kafka_error_t) -> Done {
    // SAFETY: by this function's contract.
    unsafe { succeeded(error) }.map_err(|error| error.code())
}
