//! librdkafka's own codes: what went wrong on this side of the connection.

use rdkafka::error::RDKafkaErrorCode as Code;

/// Of a code of a mistake in a program, which no user can mend.
const BUG: &str = "kp used librdkafka in a way that it refuses, which is a mistake in kp; -vv shows more for a report";

pub(super) fn meaning(code: Code) -> Option<&'static str> {
    reached(code).or_else(|| asked(code)).or_else(|| within(code))
}

/// Connections, names, certificates.
fn reached(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::BrokerTransportFailure => {
            "the connection to the broker broke; is the broker still up, and the network?"
        }
        Code::AllBrokersDown => {
            "no broker can be reached; is the cluster up, and the address right (-b)?"
        }
        Code::Resolve => "the host name of a broker does not resolve; check its spelling, and DNS",
        Code::SSL => {
            "TLS failed; check kafka.security_protocol, kafka.ca, and the certificates of both sides"
        }
        Code::Authentication => {
            "the login failed; check kafka.sasl_mechanism, kafka.sasl_username and the password"
        }
        Code::UnknownProtocol => {
            "the broker speaks another protocol; check kafka.security_protocol and the port"
        }
        Code::UnsupportedFeature => "the broker is too old for this request; update it",
        Code::CriticalSystemResource => {
            "the operating system is out of memory, threads or file descriptors; see `ulimit -a`"
        }
        Code::FileSystem => "a file cannot be read or written; is there room, and the right to?",
        Code::UnknownBroker => {
            "the cluster does not name this broker any more; has it been removed? Try again"
        }
        Code::DestroyBroker | Code::NodeUpdate => {
            "the broker's address changed while it was asked; try again"
        }
        Code::BadMessage => {
            "an answer of the broker cannot be read; is it Kafka, and is nothing between that changes bytes?"
        }
        Code::BadCompression => {
            "a batch cannot be unpacked: is it damaged, or packed by a codec that this build lacks?"
        }
        Code::Underflow => "an answer of the broker was cut off; try again, and look at its log",
        Code::Partial => "the broker answered only in part; try again",
        _ => return None,
    })
}

/// Topics, messages, groups and requests.
fn asked(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::OperationTimedOut => {
            "no answer in time; is a broker down, or slow? kafka.connect_timeout and admin.timeout say how long is waited"
        }
        Code::TimedOutQueue => {
            "it waited too long to be sent; is the broker slow, or the network? kafka.connect_timeout says how long is waited"
        }
        Code::MessageTimedOut => {
            "not acknowledged in time (--delivery-timeout); is the partition's leader up?"
        }
        Code::QueueFull => {
            "the queue of messages to send is full; send more slowly (--rate), or raise queue.buffering.max.messages (-X)"
        }
        Code::UnknownPartition => {
            "the topic has no such partition; `kp-admin topics describe` shows which it has"
        }
        Code::UnknownTopic => "the topic does not exist; `kp-admin topics create` makes one",
        Code::UnknownGroup => {
            "the group does not exist; `kp-admin groups list` shows those that do"
        }
        Code::WaitingForCoordinator => {
            "the group's coordinator is not known yet; `kp-admin topics describe __consumer_offsets` shows whether its partitions have leaders"
        }
        Code::ISRInsufficient => {
            "too few replicas are in sync; start the brokers that are down, or lower the topic's min.insync.replicas"
        }
        Code::PartitionEOF => "the end of the partition is reached; there is nothing more to read",
        Code::NoOffset => "nothing was read since the last commit; there is nothing to commit",
        Code::AutoOffsetReset => {
            "the offset to read at is not kept; say where to go on: --from earliest, latest or a number"
        }
        Code::LogTruncation => {
            "the partition was cut off before the place that was read; messages there are lost: --from says where to go on"
        }
        Code::PollExceeded => {
            "messages were not taken in time, and the group gave the partitions away; raise max.poll.interval.ms (-X)"
        }
        Code::AssignmentLost => {
            "the group gave the partitions to another member; what was not committed is read again there"
        }
        Code::Fenced => {
            "another instance with the same name took over; give each its own --transactional-id or group.instance.id"
        }
        Code::GaplessGuarantee => {
            "a message failed, and those behind it may not overtake it; start the producer again"
        }
        Code::Inconsistent => {
            "what the broker has stored does not match what was sent; look at the topic (`kp-admin audit`), then start again"
        }
        Code::InvalidDifferentRecord => {
            "another record of the same batch was refused, and this one went with it; send it again"
        }
        Code::PurgeQueue => "it was given up before it was sent; send it again",
        Code::PurgeInflight => {
            "it was given up while it was being sent; it may be stored all the same"
        }
        Code::InvalidArgument => {
            "librdkafka refuses a value; `--show-config` shows which are in force"
        }
        Code::NotConfigured => {
            "a property that this needs is not set; `--show-config` shows which are"
        }
        Code::InvalidType => {
            "a property has a value of another type; `--show-config` shows which are in force"
        }
        _ => return None,
    })
}

/// States of librdkafka itself.
fn within(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::Fatal => "the client cannot go on after an earlier failure; start it again",
        Code::State => "this is not possible in the state that the client is in; start it again",
        Code::InProgress | Code::PreviousInProgress => {
            "an earlier request of the same kind is not done yet; try again"
        }
        Code::Conflict => "another request about the same thing is under way; try again",
        Code::Retry => "the request has to be made once more; try again",
        Code::WaitCache => "the client does not know enough of the cluster yet; try again",
        Code::Outdated => "meanwhile something newer took its place; try again",
        Code::Interrupted => "a signal interrupted it; start it again",
        Code::BrokerDestroy => "the client was closed while it waited for this; start it again",
        Code::Noop => "there was nothing to do; nothing was changed",
        Code::KeySerialization | Code::ValueSerialization => {
            "a message cannot be written in its format; is it what the topic holds?"
        }
        Code::KeyDeserialization | Code::ValueDeserialization => {
            "a message cannot be read in its format; is it what the topic holds?"
        }
        Code::Fail
        | Code::ExistingSubscription
        | Code::AssignPartitions
        | Code::RevokePartitions
        | Code::NotImplemented
        | Code::ReadOnly
        | Code::NoEnt
        | Code::Application => BUG,
        _ => return None,
    })
}
