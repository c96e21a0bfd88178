//! Which partition a message goes to that names none and has no key.
//!
//! librdkafka keeps to one partition for `sticky.partitioning.linger.ms`. For each message it looks
//! at the clock and takes three locks to see whether that time is over. Here it is asked for the
//! first message of a run, and the others follow to its partition.
//!
//! ```text
//!  Sticky::choosing -> the first of a run -> librdkafka -> choose -> its partition
//!                  `-> the others -> there, without a question
//! ```
//! Messages with a key go where librdkafka's own partitioner says.
#![expect(unsafe_code, reason = "librdkafka calls back for a partition")]

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::bindings as sys;

const STICKY: &str = "sticky.partitioning.linger.ms";
/// With it librdkafka asks the partitioner also for messages without a key.
pub(crate) const NOT_STICKY: (&str, &str) = (STICKY, "0");
/// librdkafka's name and its older one, and its default.
const LINGER: [&str; 2] = ["linger.ms", "queue.buffering.max.ms"];
const DEFAULT_LINGER: f64 = 5.0;
/// librdkafka's longest.
const LONGEST: Duration = Duration::from_secs(900);

type Partitioner = unsafe extern "C" fn(
    *const sys::rd_kafka_topic_t,
    *const c_void,
    usize,
    i32,
    *mut c_void,
    *mut c_void,
) -> i32;

/// How long messages without a key keep to a partition by these properties, and what is to choose
/// it then; none where they do not keep to one.
fn kept(properties: &[(&str, &str)]) -> Option<(Duration, Partitioner)> {
    let last = |names: &[&str]| {
        properties.iter().rev().find(|(name, _)| names.contains(name)).map(|(_, value)| *value)
    };
    let partitioner: Partitioner = match last(&["partitioner"]) {
        None | Some("consistent_random") => choose::<ConsistentRandom>,
        Some("murmur2_random") => choose::<Murmur2Random>,
        Some("fnv1a_random") => choose::<Fnv1aRandom>,
        Some("random") => choose::<Random>,
        // The others have one partition for all messages without a key.
        Some(_) => return None,
    };
    let millis = match last(&[STICKY]) {
        Some(chosen) => chosen.trim().parse().ok()?,
        None => 2.0 * last(&LINGER).map_or(Some(DEFAULT_LINGER), |it| it.trim().parse().ok())?,
    };
    let time = Duration::try_from_secs_f64(millis / 1e3).ok()?.min(LONGEST);
    (!time.is_zero()).then_some((time, partitioner))
}

/// Makes kp choose instead of librdkafka, in the configuration of a producer with these properties.
/// Returns how long a partition is kept, and [`NOT_STICKY`] has to be set; none where librdkafka
/// goes on choosing.
///
/// # Safety
/// `config` is alive.
pub(crate) unsafe fn take_over(
    config: *mut sys::rd_kafka_conf_t,
    properties: &[(&str, &str)],
) -> Option<Duration> {
    let (time, partitioner) = kept(properties)?;
    // SAFETY: the configuration is alive and owns that of its topics, which is made where there is
    // none yet. The partitioner is a function of this file, which needs nothing to be kept.
    unsafe {
        if sys::rd_kafka_conf_get_default_topic_conf(config).is_null() {
            sys::rd_kafka_conf_set_default_topic_conf(config, sys::rd_kafka_topic_conf_new());
        }
        let topics = sys::rd_kafka_conf_get_default_topic_conf(config);
        sys::rd_kafka_topic_conf_set_partitioner_cb(topics, Some(partitioner));
    }
    Some(time)
}

/// The partition that messages of a topic without a key keep to.
#[derive(Debug)]
pub(crate) struct Sticky {
    time: Duration,
    /// The partition, and since when.
    now: Mutex<Option<(i32, Instant)>>,
}

impl Sticky {
    pub(crate) fn new(time: Duration) -> Self {
        Self { time, now: Mutex::new(None) }
    }

    /// Within `enqueue` librdkafka may ask for partitions. Returns with its result the one that
    /// messages without a key went to.
    pub(crate) fn choosing<T>(&self, enqueue: impl FnOnce() -> T) -> (T, Option<i32>) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = now.filter(|(_, since)| since.elapsed() < self.time);
        let keep = kept.map(|(partition, _)| partition);
        ASKED.set(Some(Asked { keep, chosen: None }));
        let result = enqueue();
        let chosen = ASKED.take().and_then(|asked| asked.chosen);
        if let Some(partition) = chosen.filter(|_| chosen != keep) {
            *now = Some((partition, Instant::now()));
        }
        (result, chosen)
    }
}

/// What [`choose`] is to know, and what it has answered.
#[derive(Clone, Copy)]
struct Asked {
    keep: Option<i32>,
    chosen: Option<i32>,
}

thread_local! {
    /// librdkafka asks within the call that enqueues, by the same thread. Messages whose topic was
    /// not known then it asks for later, by a thread of its own, where this is none.
    static ASKED: Cell<Option<Asked>> = const { Cell::new(None) };
}

/// One of librdkafka's partitioners, for messages with a key.
trait Keyed {
    const PARTITIONER: Partitioner;
    /// Whether an empty key counts as none.
    const EMPTY_IS_NONE: bool = false;
}

struct Random;
struct ConsistentRandom;
struct Murmur2Random;
struct Fnv1aRandom;

impl Keyed for Random {
    const PARTITIONER: Partitioner = sys::rd_kafka_msg_partitioner_random;
}

impl Keyed for ConsistentRandom {
    const PARTITIONER: Partitioner = sys::rd_kafka_msg_partitioner_consistent_random;
    const EMPTY_IS_NONE: bool = true;
}

impl Keyed for Murmur2Random {
    const PARTITIONER: Partitioner = sys::rd_kafka_msg_partitioner_murmur2_random;
}

impl Keyed for Fnv1aRandom {
    const PARTITIONER: Partitioner = sys::rd_kafka_msg_partitioner_fnv1a_random;
}

/// Answers librdkafka which partition a message goes to.
unsafe extern "C" fn choose<K: Keyed>(
    topic: *const sys::rd_kafka_topic_t,
    key: *const c_void,
    size: usize,
    count: i32,
    topic_opaque: *mut c_void,
    opaque: *mut c_void,
) -> i32 {
    // SAFETY: these are librdkafka's own arguments, and its functions may be called by a
    // partitioner, which this is.
    unsafe {
        if !(key.is_null() || (K::EMPTY_IS_NONE && size == 0)) {
            return K::PARTITIONER(topic, key, size, count, topic_opaque, opaque);
        }
        let asked = ASKED.get();
        let kept = asked.and_then(|asked| asked.chosen.or(asked.keep)).filter(|partition| {
            *partition < count && sys::rd_kafka_topic_partition_available(topic, *partition) == 1
        });
        let partition = kept.unwrap_or_else(|| {
            sys::rd_kafka_msg_partitioner_random(topic, key, size, count, topic_opaque, opaque)
        });
        ASKED.set(asked.map(|asked| Asked { chosen: Some(partition), ..asked }));
        partition
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(properties: &[(&str, &str)]) -> Option<Duration> {
        kept(properties).map(|(time, _)| time)
    }

    #[test]
    fn messages_keep_to_a_partition_for_as_long_as_by_librdkafka() {
        let millis = |it| Some(Duration::from_millis(it));
        assert_eq!(time(&[]), millis(10));
        assert_eq!(time(&[("linger.ms", "50")]), millis(100));
        assert_eq!(time(&[("linger.ms", "50"), ("queue.buffering.max.ms", "0.5")]), millis(1));
        assert_eq!(time(&[("linger.ms", "50"), (STICKY, "7")]), millis(7));
        assert_eq!(time(&[("linger.ms", "0")]), None);
        assert_eq!(time(&[(STICKY, "0")]), None);
        assert_eq!(time(&[("linger.ms", "900000")]), Some(LONGEST));
        for all_together in ["consistent", "murmur2", "fnv1a"] {
            assert_eq!(time(&[("partitioner", all_together)]), None);
        }
    }
}
