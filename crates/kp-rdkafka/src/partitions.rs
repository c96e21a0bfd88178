//! Partitions with their offsets, and librdkafka's lists of them.
#![expect(unsafe_code, reason = "makes and reads librdkafka's lists")]

use std::collections::BTreeMap;
use std::ffi::{CString, c_int};

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use crate::native::{self, Owned, topic_and_partition};

/// A topic and the number of one of its partitions.
pub type Place = (String, i32);

/// An offset of each of these partitions.
pub type Offsets = BTreeMap<Place, i64>;

/// Where reading starts in each of these partitions.
pub type Starts = BTreeMap<Place, Start>;

/// Where reading starts in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At this offset.
    At(i64),
    /// At the earliest message that is kept.
    Beginning,
    /// Where the group has committed.
    Committed,
}

/// librdkafka's mark in the place of an offset.
pub(crate) const NO_OFFSET: i64 = sys::RD_KAFKA_OFFSET_INVALID as i64;
/// As a partition's number: all of the topic's.
const ALL: i32 = -1;

impl Start {
    pub(crate) fn raw(self) -> i64 {
        match self {
            Self::At(offset) => offset,
            Self::Beginning => i64::from(sys::RD_KAFKA_OFFSET_BEGINNING),
            Self::Committed => NO_OFFSET,
        }
    }
}

/// librdkafka's list of partitions.
pub(crate) struct List(Owned<sys::rd_kafka_topic_partition_list_t>);

impl List {
    /// Topic, number and offset of each, in this order. A topic's name that cannot be sent is
    /// handed back.
    pub(crate) fn new<'t>(
        entries: impl IntoIterator<Item = (&'t str, i32, i64)>,
    ) -> Result<Self, &'t str> {
        let entries = entries.into_iter();
        let size = c_int::try_from(entries.size_hint().0).unwrap_or(0);
        // SAFETY: the list is ours to free, and grows by itself.
        let list = unsafe {
            Owned::new(
                sys::rd_kafka_topic_partition_list_new(size),
                sys::rd_kafka_topic_partition_list_destroy,
            )
        };
        let Some(list) = list else {
            unreachable!("librdkafka ends the process when there is no memory left");
        };
        for (topic, partition, offset) in entries {
            let name = CString::new(topic).map_err(|_| topic)?;
            // SAFETY: the list is alive, and copies the name; the entry is not null, and good until
            // the next one is added.
            unsafe {
                let entry =
                    sys::rd_kafka_topic_partition_list_add(list.raw(), name.as_ptr(), partition);
                (*entry).offset = offset;
            }
        }
        Ok(Self(list))
    }

    /// All partitions of these topics.
    pub(crate) fn of_topics(topics: &[String]) -> Result<Self, RDKafkaErrorCode> {
        checked(Self::new(topics.iter().map(|topic| (topic.as_str(), ALL, NO_OFFSET))))
    }

    /// These partitions, without offsets.
    pub(crate) fn of_places(places: &[Place]) -> Result<Self, RDKafkaErrorCode> {
        let entries = places.iter();
        checked(Self::new(
            entries.map(|(topic, partition)| (topic.as_str(), *partition, NO_OFFSET)),
        ))
    }

    pub(crate) fn of_offsets(offsets: &Offsets) -> Result<Self, RDKafkaErrorCode> {
        let entries = offsets.iter();
        checked(Self::new(
            entries.map(|((topic, partition), offset)| (topic.as_str(), *partition, *offset)),
        ))
    }

    pub(crate) fn of_starts(starts: &Starts) -> Result<Self, RDKafkaErrorCode> {
        let entries = starts.iter();
        checked(Self::new(
            entries.map(|((topic, partition), start)| (topic.as_str(), *partition, start.raw())),
        ))
    }

    pub(crate) fn raw(&self) -> *mut sys::rd_kafka_topic_partition_list_t {
        self.0.raw()
    }

    /// The offsets that librdkafka has filled in; a partition without one is left out.
    pub(crate) fn offsets(&self) -> Offsets {
        // SAFETY: the list is alive.
        unsafe { offsets(self.raw()) }
    }

    /// The first error that librdkafka has filled in.
    pub(crate) fn first_error(&self) -> Result<(), RDKafkaErrorCode> {
        // SAFETY: the list and its entries are alive.
        let mut errors = unsafe { native::partitions(self.raw()) }
            .filter_map(|entry| unsafe { native::partition_error(entry) });
        errors.next().map_or(Ok(()), |number| Err(native::code(number)))
    }
}

fn checked(list: Result<List, &str>) -> Result<List, RDKafkaErrorCode> {
    list.map_err(|_| RDKafkaErrorCode::InvalidTopic)
}

/// The partitions of a list.
///
/// # Safety
/// `list` is null or a list that lives during this call.
pub(crate) unsafe fn places(list: *const sys::rd_kafka_topic_partition_list_t) -> Vec<Place> {
    // SAFETY: by this function's contract.
    unsafe { native::partitions(list).map(|entry| topic_and_partition(entry)).collect() }
}

/// The offsets of a list; a partition that has a mark in the place of one is left out.
///
/// # Safety
/// `list` is null or a list that lives during this call.
pub(crate) unsafe fn offsets(list: *const sys::rd_kafka_topic_partition_list_t) -> Offsets {
    // SAFETY: by this function's contract.
    unsafe {
        native::partitions(list)
            .map(|entry| (topic_and_partition(entry), (*entry).offset))
            .filter(|(_, offset)| *offset >= 0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(partition: i32) -> Place {
        ("t".to_owned(), partition)
    }

    #[test]
    fn what_goes_into_a_list_comes_out_but_for_marks() {
        let starts = Starts::from([
            (place(0), Start::At(7)),
            (place(1), Start::Beginning),
            (place(2), Start::Committed),
        ]);
        let list = List::of_starts(&starts).unwrap();
        assert_eq!(list.offsets(), Offsets::from([(place(0), 7)]));
        // SAFETY: the list is alive.
        assert_eq!(unsafe { places(list.raw()) }, [place(0), place(1), place(2)]);
        assert_eq!(list.first_error(), Ok(()));
    }

    #[test]
    fn a_name_with_a_nul_is_no_topic() {
        let list = List::of_topics(&["a\0b".to_owned()]);
        assert_eq!(list.err(), Some(RDKafkaErrorCode::InvalidTopic));
    }
}
