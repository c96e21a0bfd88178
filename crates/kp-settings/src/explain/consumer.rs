//! What a consumer's settings promise and cost.

use std::time::Duration;

use super::point::{Named, Point, Properties, Reading};
use crate::choice::{Delivery, OnGap};
use crate::duration;
use crate::model::Consumer;
use crate::start_at::StartAt;
use crate::stop_at::StopAt;

const GROUP: Named = ("group.id", "");
const STORE: Named = ("enable.auto.offset.store", "true");
const COMMIT: Named = ("auto.commit.interval.ms", "5000");
const RESET: Named = ("auto.offset.reset", "largest");
const ISOLATION: Named = ("isolation.level", "read_committed");
const PROTOCOL: Named = ("group.protocol", "classic");
const SESSION: Named = ("session.timeout.ms", "45000");
const POLL: Named = ("max.poll.interval.ms", "300000");
const STRATEGY: Named = ("partition.assignment.strategy", "range,roundrobin");
const END: Named = ("enable.partition.eof", "false");
const FETCH: [Named; 3] = [
    ("fetch.wait.max.ms", "500"),
    ("fetch.max.bytes", "52428800"),
    ("queued.min.messages", "100000"),
];

pub(super) fn points(given: &Consumer, reading: Reading, in_force: &Properties) -> Vec<Point> {
    let mut points = match &given.group_id {
        Some(group) if reading.is_member => vec![
            in_force.point(
                &[GROUP],
                format!(
                    "The members of group {group} share the partitions. How far they are is committed \
                     for the group, and the next run goes on there."
                ),
            ),
            in_force.point(&[STORE, COMMIT], delivery(given)),
        ],
        _ => {
            let which = match &given.partition {
                Some(partitions) => format!("reads partition {partitions}"),
                None => "reads all partitions".to_owned(),
            };
            let text = format!(
                "It joins no group, {which} and commits nothing: the next run begins where this one \
                 began."
            );
            vec![in_force.point(&[STORE], text)]
        }
    };
    points.push(in_force.point(&[RESET], start(given, reading)));
    points.push(in_force.point(&[ISOLATION], isolation(in_force)));
    if reading.is_member {
        points.extend(membership(in_force));
    }
    points.push(in_force.point(
        &FETCH,
        "A broker that has nothing new answers after so many milliseconds. The bytes of an answer \
         and the messages that are kept ready bound the memory.",
    ));
    points.push(in_force.point(&[END], end(given, reading)));
    points
}

fn delivery(given: &Consumer) -> &'static str {
    match given.delivery {
        _ if given.copy_to.is_some() => {
            "Exactly once: the copies and the offsets behind them are committed in one transaction."
        }
        Delivery::AtLeastOnce => {
            "At least once: an offset is committed after its message was printed. After a crash some \
             messages come again, and none is missing."
        }
        Delivery::AtMostOnce => {
            "At most once: an offset is committed before its message is printed. After a crash some \
             messages are missing, and none comes again."
        }
    }
}

fn start(given: &Consumer, reading: Reading) -> String {
    let start = match given.from {
        StartAt::Stored if reading.is_member => "It goes on where the group stands, or from the \
             beginning of a partition of which it has committed nothing."
            .to_owned(),
        StartAt::Stored | StartAt::Earliest => {
            "It begins with the oldest message that is kept.".to_owned()
        }
        StartAt::Latest => "It reads what comes after it has begun, and nothing before.".to_owned(),
        StartAt::Offset(offset) => format!("It begins at offset {offset} of each partition."),
        StartAt::Last(count) => format!(
            "It begins with the last {count} messages of all partitions together, by their time."
        ),
        time @ StartAt::Time(_) => {
            format!("It begins in each partition with the first message of {time} or later.")
        }
    };
    let gap = match given.on_gap {
        OnGap::Warn => "the gap is told, and reading goes on behind it",
        OnGap::Fail => "the run ends",
    };
    format!("{start} Where messages are gone before they were read, {gap}.")
}

fn isolation(in_force: &Properties) -> &'static str {
    if in_force.value(ISOLATION) == "read_uncommitted" {
        "Messages of transactions come as soon as they are stored, also of those that are aborted \
         afterwards."
    } else {
        "Messages of a transaction come once it is committed, and never if it is aborted. An open \
         transaction holds back all that is behind it in its partition."
    }
}

fn membership(in_force: &Properties) -> Vec<Point> {
    let poll = readable(in_force.value(POLL));
    if in_force.value(PROTOCOL) == "consumer" {
        let text = format!(
            "The broker hands partitions over one by one (KIP-848), and says how long a member may be \
             silent. One that takes no message for {poll} counts as gone, too."
        );
        return vec![in_force.point(&[PROTOCOL, POLL], text)];
    }
    let session = readable(in_force.value(SESSION));
    let gone = format!(
        "A member that is silent for {session}, or takes no message for {poll}, counts as gone: the \
         others get its partitions."
    );
    let moved = if in_force.value(STRATEGY).contains("cooperative") {
        "When members come or go, only the partitions that move stand still (cooperative)."
    } else {
        "When members come or go, all stop, give their partitions back and get them anew (eager)."
    };
    vec![in_force.point(&[SESSION, POLL], gone), in_force.point(&[STRATEGY], moved)]
}

fn readable(milliseconds: &str) -> String {
    let read = milliseconds.parse().map(Duration::from_millis);
    read.map_or_else(|_| format!("{milliseconds} ms"), duration::format)
}

fn end(given: &Consumer, reading: Reading) -> String {
    match (given.until, given.idle_exit) {
        (Some(StopAt::End), _) => "It reads what is there when it begins, and ends.".to_owned(),
        (Some(until), _) => format!("It reads what is before {until}, and ends."),
        (None, _) if reading.until_end => {
            "It ends as soon as every partition stands at its end.".to_owned()
        }
        (None, None) => "It goes on until it is told to end.".to_owned(),
        (None, Some(idle)) => format!(
            "It ends when every partition stands at its end and nothing has come for {}.",
            duration::format(idle)
        ),
    }
}
