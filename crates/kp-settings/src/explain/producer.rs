//! What a producer's settings promise and cost.

use super::point::{Named, Point, Properties};
use crate::choice::{Acks, Compression, Flush};
use crate::duration;
use crate::model::Producer;
use crate::role::Role;
use crate::settings::Settings;

const ACKS: Named = ("acks", "-1");
const IDEMPOTENCE: Named = ("enable.idempotence", "false");
const TRANSACTIONAL_ID: Named = ("transactional.id", "");
const IN_FLIGHT: &str = "max.in.flight.requests.per.connection";
const LINGER: Named = ("linger.ms", "5");
const CODEC: Named = ("compression.codec", "none");
const TIMEOUT: Named = ("message.timeout.ms", "300000");
const PARTITIONER: Named = ("partitioner", "consistent_random");
const QUEUE: [Named; 2] =
    [("queue.buffering.max.messages", "100000"), ("queue.buffering.max.kbytes", "1048576")];

pub(super) fn points(settings: &Settings, in_force: &Properties) -> Vec<Point> {
    let given = &settings.producer;
    let mut points = vec![in_force.point(&[ACKS, IDEMPOTENCE], acknowledged(given))];
    if given.transactional_id.is_some() {
        points.push(in_force.point(&[TRANSACTIONAL_ID], transactions(given)));
    }
    // What is not answered is not sent again.
    if given.acks != Acks::None {
        points.push(in_flight(given, in_force));
    }
    points.extend([
        in_force.point(&[LINGER], batches(given)),
        in_force.point(&[CODEC], packed(given.compression)),
        in_force.point(&[TIMEOUT], given_up(settings)),
        in_force.point(&[PARTITIONER], partition(given, in_force)),
        in_force.point(
            &QUEUE,
            "So much waits here at most for a broker that is slower than the source. Then reading \
             waits: nothing is dropped, and the memory is bounded.",
        ),
    ]);
    points
}

fn acknowledged(given: &Producer) -> &'static str {
    match (given.acks, given.idempotence) {
        (Acks::None, _) => {
            "Nothing is awaited: a message counts as sent once it is on its way. What a broker \
             refuses or loses is gone, and nobody is told. It costs no wait at all."
        }
        (Acks::Leader, _) => {
            "A message is acknowledged once the leader of its partition has it. It is lost if that \
             broker dies before another has copied it, and a retry may store it twice. It costs the \
             answer of one broker."
        }
        (Acks::All, false) => {
            "A message is acknowledged once all in-sync replicas have it (min.insync.replicas of the \
             topic says how many these are at least), and kept while one of them is. A retry may \
             store it twice. It costs the answer of the slowest of them."
        }
        (Acks::All, true) => {
            "A message is acknowledged once all in-sync replicas have it (min.insync.replicas of the \
             topic says how many these are at least), and kept while one of them is. A retry stores \
             it neither twice nor out of order. It costs the answer of the slowest of them."
        }
    }
}

fn transactions(given: &Producer) -> String {
    format!(
        "Up to {} messages are one transaction, or those of a second. Readers with isolation.level = \
         read_committed see all of them or none, and wait until it is committed. It costs some \
         requests for each transaction.",
        given.per_transaction
    )
}

fn in_flight(given: &Producer, in_force: &Properties) -> Point {
    // With idempotence librdkafka lowers its default by itself.
    let property = (IN_FLIGHT, if given.idempotence { "5" } else { "1000000" });
    let most = in_force.value(property);
    let text = match (given.idempotence, most) {
        (true, _) => format!(
            "Up to {most} requests to a broker are unanswered at a time. Idempotence keeps their \
             messages in order, also when one is sent again."
        ),
        (false, "1") => {
            "The next request waits for the answer to the last. So messages keep their \
                         order also when some are sent again, and fewer go in a second."
                .to_owned()
        }
        (false, _) => format!(
            "Up to {most} requests to a broker are unanswered at a time. One that fails and is sent \
             again comes behind later ones, which breaks the order."
        ),
    };
    in_force.point(&[property], text)
}

fn batches(given: &Producer) -> String {
    match given.flush {
        Flush::Each => {
            "Each message is sent at once and awaited before the next (--flush each): one \
                        message in each round trip to the broker, and no batches."
                .to_owned()
        }
        Flush::End if given.linger.is_zero() => {
            "A message goes at once, with what happens to wait \
                                                 beside it: the least delay, and more and smaller \
                                                 requests."
                .to_owned()
        }
        Flush::End => format!(
            "A message waits up to {} for others to share its batch. That is added to its delay, and \
             larger batches cost the network and the broker less.",
            duration::format(given.linger)
        ),
    }
}

fn packed(compression: Compression) -> String {
    let how = match compression {
        Compression::None => {
            return "Batches are not packed: no time of a core, and the most bytes on the network and \
                    on the brokers' disks."
                .to_owned();
        }
        Compression::Gzip => "few bytes, and of all codecs the most time of a core here",
        Compression::Snappy | Compression::Lz4 => {
            "little time of a core, and more bytes than gzip or zstd leave"
        }
        Compression::Zstd => "few bytes for less time of a core than gzip takes",
    };
    format!(
        "Batches are packed with {compression}: {how}. They are stored as they come, and consumers \
         unpack them."
    )
}

fn given_up(settings: &Settings) -> String {
    let given = &settings.producer;
    let timeout = duration::format(given.delivery_timeout);
    if given.acks == Acks::None {
        return format!(
            "A message that cannot be put on its way within {timeout} ends the run, or fails with \
             --on-timeout go-on."
        );
    }
    if settings.gives_up_all(Role::Producer) {
        format!(
            "A message that is not acknowledged within {timeout} ends the run (--on-timeout stop): \
             nothing is sent after it, so that nothing is stored twice."
        )
    } else if given.transactional_id.is_some() {
        format!("A message that is not acknowledged within {timeout} aborts its transaction.")
    } else {
        format!(
            "A message that is not acknowledged within {timeout} fails, and the rest is sent \
             (--on-timeout go-on). Whether it is stored is not known."
        )
    }
}

fn partition(given: &Producer, in_force: &Properties) -> String {
    let Some(partition) = given.partition else {
        let key = if in_force.value(PARTITIONER).starts_with("murmur2") {
            "Messages of one key go to one partition, the same as with Java's clients."
        } else {
            "Where a key goes differs from Java's clients, which use murmur2."
        };
        return format!(
            "{key} Order is kept within a partition alone. Once the topic has more partitions, keys \
             go elsewhere."
        );
    };
    format!("All messages go to partition {partition}, whatever their keys, and keep their order.")
}
