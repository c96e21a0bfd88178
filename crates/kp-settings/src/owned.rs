//! librdkafka properties that kp sets on its own, and which of them a person may change.

use crate::role::Role;

/// A property that only kp may set.
pub(crate) struct Owned {
    pub(crate) name: &'static str,
    /// Reads on after "kp sets this itself because".
    pub(crate) reason: &'static str,
    /// What kp sets it to, and for which roles.
    value: Option<(&'static str, &'static [Role])>,
}

/// A better default than librdkafka's, which a person may change.
struct Tuned {
    name: &'static str,
    value: &'static str,
    roles: &'static [Role],
    /// Properties that this value may not fit. It is left out once one of them is chosen.
    yields_to: &'static [&'static str],
}

static OWNED: &[Owned] = &[
    Owned {
        name: "allow.auto.create.topics",
        reason: "only a producer may create a topic; use producer.create_topics",
        // A producer's follows from the setting.
        value: Some(("false", &[Role::Consumer, Role::Admin])),
    },
    Owned {
        name: "auto.offset.reset",
        reason: "where reading starts is decided by consumer.from, and what becomes of messages that \
                 are gone by consumer.on_gap",
        // So librdkafka does not jump by itself. kp decides where reading goes on, and says so.
        value: Some(("error", &[Role::Consumer])),
    },
    Owned {
        name: "enable.auto.commit",
        reason: "the offsets of printed messages are committed for the group; \
                 kp-consumer --no-group reads without committing",
        value: Some(("true", &[Role::Consumer])),
    },
    Owned {
        name: "enable.auto.offset.store",
        reason: "an offset may be stored only after its message is written",
        value: Some(("false", &[Role::Consumer])),
    },
    Owned {
        name: "enable.partition.eof",
        reason: "consumer.idle_exit has to know when a partition stands at its end",
        value: Some(("true", &[Role::Consumer])),
    },
    Owned {
        name: "delivery.report.only.error",
        reason: "every delivery is counted",
        value: Some(("false", &[Role::Producer, Role::Forwarder])),
    },
    Owned { name: "enabled_events", reason: "it serves librdkafka's events", value: None },
    Owned { name: "log_level", reason: "the flag -v decides how much is logged", value: None },
];

static EVERY_ROLE: &[Role] = &[Role::Producer, Role::Consumer, Role::Admin, Role::Forwarder];
static CONSUMER: &[Role] = &[Role::Consumer];
static PRODUCER: &[Role] = &[Role::Producer, Role::Forwarder];

/// What a forwarder has, whatever `[producer]` says: its messages must neither get lost nor come
/// twice.
pub(crate) static SAFE: &[(&str, &str)] = &[("acks", "all"), ("enable.idempotence", "true")];

/// librdkafka reads no topic without a group's name, even where no group is joined.
pub(crate) static NO_GROUP: (&str, &str) = ("group.id", "kp-without-group");

/// Where else trusted authorities can be named than in `kafka.ca`.
pub(crate) static TRUST: &[&str] = &["ssl.ca.location", "ssl.ca.pem", "ssl.ca.certificate.stores"];

/// A vendored OpenSSL looks for trusted authorities in a folder of its own, where there are none.
/// librdkafka knows where each system keeps them.
pub(crate) static SYSTEM_TRUST: (&str, &str) = ("ssl.ca.location", "probe");

/// The properties that say how long a request of a transaction may take.
pub(crate) static REQUEST_TIMEOUTS: &[&str] = &["socket.timeout.ms", "transaction.timeout.ms"];

/// librdkafka sends a lost request of a transaction again only after this time. Its default for
/// transactions is nearly a minute, in which a copy stands still.
pub(crate) static REQUEST_TIMEOUT: (&str, &str) = ("socket.timeout.ms", "10000");

/// librdkafka must not time a message out by itself. After that it begins a new sequence, under
/// which a broker stores again what it has already. This is 25 days, the longest
/// `producer.delivery_timeout`.
pub(crate) static NEVER_TIMED_OUT: (&str, &str) = (MESSAGE_TIMEOUT, "2145600000");
pub(crate) const MESSAGE_TIMEOUT: &str = "message.timeout.ms";

/// The sizes of an answer. They depend on each other, so a person who chooses one chooses all.
static SIZES: &[&str] = &[
    "message.max.bytes",
    "receive.message.max.bytes",
    "fetch.max.bytes",
    "fetch.message.max.bytes",
];

static TUNED: &[Tuned] = &[
    // librdkafka drops its bootstrap connection and opens the broker's own when a timer of half
    // this time fires, unless it is asked for the controller, which the embedded broker has not.
    // With its default of 100 ms each program starts there 50 ms later. A broker that stays away is
    // still tried less and less often.
    Tuned { name: "reconnect.backoff.ms", value: "20", roles: EVERY_ROLE, yields_to: &[] },
    // Brokers may ask clients for metrics (KIP-714), and a user of kp does not expect that it sends
    // them. Besides, librdkafka 2.12 crashes on a malformed answer to the question (its issue
    // 5577).
    Tuned { name: "enable.metrics.push", value: "false", roles: EVERY_ROLE, yields_to: &[] },
    // A broker answers the requests of a connection one by one. While it holds back a fetch because
    // there are no messages, every other answer on the connection waits behind it.
    Tuned { name: "fetch.wait.max.ms", value: "100", roles: CONSUMER, yields_to: &[] },
    // With librdkafka's 1000 ms a consumer idles for a second whenever its queue is full. Each
    // fetch of a well-compressed topic fills it.
    Tuned { name: "fetch.queue.backoff.ms", value: "5", roles: CONSUMER, yields_to: &[] },
    // As fast as the default of 100000, in a third of the memory.
    Tuned { name: "queued.min.messages", value: "20000", roles: CONSUMER, yields_to: &[] },
    // An answer is unpacked at once. One megabyte of a well-compressed topic is 300,000 messages
    // and 110 MB of memory, and librdkafka's 50 MB let one answer bring that much for each
    // partition. librdkafka wants the three in this order.
    Tuned { name: "message.max.bytes", value: "400000", roles: CONSUMER, yields_to: SIZES },
    Tuned { name: "fetch.max.bytes", value: "400000", roles: CONSUMER, yields_to: SIZES },
    Tuned { name: "fetch.message.max.bytes", value: "400000", roles: CONSUMER, yields_to: SIZES },
    // librdkafka's 1,000,000 is less than a topic takes by default. The topic's limit for the
    // compressed batch is what counts. This one bounds a line without end, at what the queue holds.
    Tuned { name: "message.max.bytes", value: "16777216", roles: PRODUCER, yields_to: &[] },
    // A full queue waits for the broker. librdkafka's bound of 1 GB would take that much memory
    // where messages are big. A message that is larger than the queue would wait forever.
    Tuned {
        name: "queue.buffering.max.kbytes",
        value: "16384",
        roles: PRODUCER,
        yields_to: &["message.max.bytes"],
    },
    // Each message costs 200 bytes besides its own, which the bound above does not count. With
    // librdkafka's 100,000 a full queue of 100-byte messages takes 36 MB. With 50,000 it takes 32
    // MB at most, whatever their size, and is as fast.
    Tuned { name: "queue.buffering.max.messages", value: "50000", roles: PRODUCER, yields_to: &[] },
];

pub(crate) fn find(name: &str) -> Option<&'static Owned> {
    OWNED.iter().find(|owned| crate::librdkafka::same(owned.name, name))
}

/// Name and value of each property that kp sets for this role whatever was chosen.
pub(crate) fn fixed(role: Role) -> impl Iterator<Item = (&'static str, &'static str)> {
    OWNED.iter().filter_map(move |owned| {
        let (value, roles) = owned.value?;
        roles.contains(&role).then_some((owned.name, value))
    })
}

/// Name and value of each property that kp sets for this role unless it, or another that it depends
/// on, was `chosen`.
pub(crate) fn tuned(
    role: Role,
    chosen: impl Fn(&str) -> bool,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    TUNED
        .iter()
        .filter(move |tuned| {
            tuned.roles.contains(&role)
                && !chosen(tuned.name)
                && !tuned.yields_to.iter().any(|name| chosen(name))
        })
        .map(|tuned| (tuned.name, tuned.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_property_of_librdkafka_and_every_value_one_of_its_kind() {
        for role in [Role::Producer, Role::Consumer, Role::Admin, Role::Forwarder] {
            for (name, value) in fixed(role).chain(tuned(role, |_| false)) {
                let property = crate::librdkafka::find(name).unwrap();
                let given = crate::given::Given::Variable(value.to_owned());
                assert_eq!(property.kind.read(&given).as_deref(), Some(value), "{name}");
                assert!(property.applies_to(role), "{name}");
            }
        }
        assert!(OWNED.iter().all(|owned| crate::librdkafka::find(owned.name).is_some()));
    }
}
