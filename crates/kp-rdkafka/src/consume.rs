//! What a consumer asks of its group and of its partitions.
#![expect(
    unsafe_code,
    reason = "each call into librdkafka states why it is sound"
)]

use std::ptr;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use crate::client::Client;
use crate::event::{Event, checked, next_event, text};
use crate::owned::{Owned, millis};
use crate::queue::Queue;

type Done = Result<(), RDKafkaErrorCode>;

impl Client {
    /// Joins the group of `group.id` for these topics; partitions come as [`Event::Assign`].
    ///
    /// # Errors
    /// librdkafka's, for a name it does not take.
    pub fn subscribe(&self, topics: &TopicPartitionList) -> Done {
        // SAFETY: client and list are alive; librdkafka copies the list.
        checked(unsafe { sys::rd_kafka_subscribe(self.raw(), topics.ptr()) })
    }

    /// Starts reading exactly these partitions at the offsets of the list.
    ///
    /// # Errors
    /// librdkafka's, in a fatal state.
    pub fn assign(&self, partitions: &TopicPartitionList) -> Done {
        // SAFETY: client and list are alive; librdkafka copies the list.
        checked(unsafe { sys::rd_kafka_assign(self.raw(), partitions.ptr()) })
    }

    /// Stops reading all partitions.
    ///
    /// # Errors
    /// librdkafka's, in a fatal state.
    pub fn unassign(&self) -> Done {
        // SAFETY: the client is alive; null means no partition.
        checked(unsafe { sys::rd_kafka_assign(self.raw(), ptr::null()) })
    }

    /// Answers [`Event::Assign`] as the group's rebalance protocol asks: these partitions instead of, or besides, the
    /// present ones.
    ///
    /// # Errors
    /// librdkafka's, in a fatal state.
    pub fn accept(&self, partitions: &TopicPartitionList) -> Done {
        if !self.is_cooperative() {
            return self.assign(partitions);
        }
        // SAFETY: client and list are alive; the error is owned by `taken`.
        taken(unsafe { sys::rd_kafka_incremental_assign(self.raw(), partitions.ptr()) })
    }

    /// Answers [`Event::Revoke`] as the group's rebalance protocol asks.
    ///
    /// # Errors
    /// librdkafka's, in a fatal state.
    pub fn give_up(&self, partitions: &TopicPartitionList) -> Done {
        if !self.is_cooperative() {
            return self.unassign();
        }
        // SAFETY: client and list are alive; the error is owned by `taken`.
        taken(unsafe { sys::rd_kafka_incremental_unassign(self.raw(), partitions.ptr()) })
    }

    fn is_cooperative(&self) -> bool {
        // SAFETY: the client is alive; the name is a constant of librdkafka.
        unsafe { text(sys::rd_kafka_rebalance_protocol(self.raw())) == "COOPERATIVE" }
    }

    /// Fills in the offsets that the group committed for these partitions; `Invalid` where there is none.
    ///
    /// # Errors
    /// librdkafka's, most often a timeout while the group has no coordinator.
    pub fn committed(&self, partitions: &mut TopicPartitionList, timeout: Duration) -> Done {
        // SAFETY: client and list are alive; the list is filled in place.
        checked(unsafe { sys::rd_kafka_committed(self.raw(), partitions.ptr(), millis(timeout)) })
    }

    /// Replaces each offset, read as milliseconds since 1970, by that of the first message at or after this time.
    ///
    /// # Errors
    /// librdkafka's, most often a timeout while a partition has no leader.
    pub fn offsets_for_times(
        &self,
        partitions: &mut TopicPartitionList,
        timeout: Duration,
    ) -> Done {
        // SAFETY: client and list are alive; the list is filled in place.
        checked(unsafe {
            sys::rd_kafka_offsets_for_times(self.raw(), partitions.ptr(), millis(timeout))
        })
    }

    /// Goes on reading at these offsets, in partitions that are held.
    ///
    /// # Errors
    /// librdkafka's, for the request or for the first partition that could not.
    pub fn seek(&self, offsets: &TopicPartitionList, timeout: Duration) -> Done {
        // SAFETY: client and list are alive; the list's elements get an error each.
        taken(unsafe {
            sys::rd_kafka_seek_partitions(self.raw(), offsets.ptr(), millis(timeout))
        })?;
        let elements = offsets.elements();
        let failed = elements.iter().find_map(|element| element.error().err());
        match failed.and_then(|error| error.rdkafka_error_code()) {
            None => Ok(()),
            Some(code) => Err(code),
        }
    }

    /// Marks these offsets as done: the next commit, in the background or by [`Client::commit`], takes them along.
    ///
    /// # Errors
    /// librdkafka's, for a partition that was taken away meanwhile.
    pub fn store_offsets(&self, offsets: &TopicPartitionList) -> Done {
        // SAFETY: client and list are alive; librdkafka copies the offsets.
        checked(unsafe { sys::rd_kafka_offsets_store(self.raw(), offsets.ptr()) })
    }

    /// Commits these offsets and waits for the answer, at most for `timeout`.
    ///
    /// # Errors
    /// librdkafka's, `OperationTimedOut` when no answer came: then it is not known whether they were committed.
    pub fn commit(&self, offsets: &TopicPartitionList, timeout: Duration) -> Done {
        let deadline = Instant::now() + timeout;
        let answers = TemporaryQueue::new(self)?;
        // SAFETY: client, list and queue are alive; without a callback the answer comes as an event.
        checked(unsafe {
            sys::rd_kafka_commit_queue(
                self.raw(),
                offsets.ptr(),
                answers.0.raw(),
                None,
                ptr::null_mut(),
            )
        })?;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match Owned::poll(self, &answers.0, left) {
                Some(event) => return checked(event.error()),
                None if left.is_zero() => return Err(RDKafkaErrorCode::OperationTimedOut),
                None => {}
            }
        }
    }

    /// Leaves the group, at most for `timeout`; true when it was left. Messages that come meanwhile are thrown away.
    pub fn close(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let Ok(events) = TemporaryQueue::new(self) else {
            return false;
        };
        // SAFETY: client and queue are alive; the queue is served below.
        if taken(unsafe { sys::rd_kafka_consumer_close_queue(self.raw(), events.0.raw()) }).is_err()
        {
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
            let event = next_event(self, &events.0, left.min(Duration::from_millis(5)));
            if let Some(Event::Assign(_) | Event::Revoke(_) | Event::RebalanceFailed(_)) = event {
                // Whatever it says, there is nothing left to do for this member but to let go.
                let _ = self.unassign();
            }
        }
    }
}

fn taken(error: *mut sys::rd_kafka_error_t) -> Done {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: the error is ours, read once and destroyed once.
    let code = unsafe {
        let code = sys::rd_kafka_error_code(error);
        sys::rd_kafka_error_destroy(error);
        code
    };
    checked(code)
}

struct TemporaryQueue(Queue);

impl TemporaryQueue {
    fn new(client: &Client) -> Result<Self, RDKafkaErrorCode> {
        // SAFETY: the client is alive and outlives the queue, which no method hands out.
        unsafe { Queue::from_raw(sys::rd_kafka_queue_new(client.raw())) }
            .map(Self)
            .ok_or(RDKafkaErrorCode::Fail)
    }
}

impl Drop for TemporaryQueue {
    fn drop(&mut self) {
        self.0.destroy();
    }
}
