//! Consuming: to a person's lines, to raw values, to JSON.

use crate::peers::{Peers, script};
use crate::plan::Plan;
use crate::process::Reader;
use crate::said::{messages_of_consumer_perf_test, number, seconds_of_consumer_perf_test};
use crate::words::{short, words};
use crate::work::{Bound, Check, Claim, Clock, Contender, Fill, Quantity, TOPIC, Work};

/// What a consumer may hold at most, in bytes.
pub(super) const CONSUMER_MEMORY: f64 = 64.0 * 1024.0 * 1024.0;

/// kcat's words for what `--format line` prints.
const LINE: &str = "Topic : %t, Partition : %p, Offset : %o, Key : %k, value : %s\\n";

/// What kp-consumer takes to read a topic alone, from its start to its end, as kcat does.
fn kp(peers: &Peers, format: &str) -> Vec<String> {
    words(&format!(
        "--bootstrap-server {} --topic {TOPIC} --no-group --from earliest --until-end --format {format}",
        peers.bootstrap
    ))
}

/// The same of kcat, with kp-consumer's lines.
pub(super) fn kcat_to_lines(peers: &Peers) -> Vec<String> {
    let mut arguments = kcat(peers);
    arguments.extend(["-f".to_owned(), LINE.to_owned()]);
    arguments
}

/// The same of kcat.
fn kcat(peers: &Peers) -> Vec<String> {
    words(&format!("-C -b {} -t {TOPIC} -e -q -o beginning", peers.bootstrap))
}

/// Every format that is compared.
pub(super) fn all(plan: &Plan, peers: &Peers) -> Vec<Work> {
    let fill = |compression| Fill { messages: plan.messages, partitions: 1, compression };
    vec![
        lines(&fill("lz4"), peers),
        values(&fill("none"), peers),
        json(&fill("none"), peers),
        codecs(plan, peers, fill),
    ]
}

/// The memory that reading takes, whatever a fetch unpacks to.
fn codecs(plan: &Plan, peers: &Peers, fill: impl Fn(&'static str) -> Fill) -> Work {
    let mut work = Work::new(
        "consume-codecs",
        format!("memory while {} values are read, codec by codec", short(plan.messages)),
    );
    let reader = |codec: &&'static str| {
        Contender::consuming(&peers.consumer, &fill(codec), kp(peers, "value"))
            .named(format!("kp-consumer, {codec}"))
    };
    work.contenders = plan.codecs.iter().map(reader).collect();
    let claim =
        |one: &Contender| Claim::of(&one.name, Quantity::Peak, Bound::AtMost(CONSUMER_MEMORY));
    work.claims = work.contenders.iter().map(claim).collect();
    work
}

fn lines(fill: &Fill, peers: &Peers) -> Work {
    let mut work = Work::new(
        "consume-line",
        format!("consume {} messages from an lz4 topic to lines", short(fill.messages)),
    );
    work.contenders = vec![
        kp_to_lines(fill, peers),
        Contender::consuming(&peers.kcat, fill, kcat_to_lines(peers)),
    ];
    work.compare_first(&[("kcat", 10.0)])
}

/// kp-consumer as it prints by itself.
pub(super) fn kp_to_lines(fill: &Fill, peers: &Peers) -> Contender {
    Contender::consuming(&peers.consumer, fill, kp(peers, "line"))
}

fn values(fill: &Fill, peers: &Peers) -> Work {
    let mut work = Work::new(
        "consume-value",
        format!(
            "consume {} messages from an uncompressed topic, values only",
            short(fill.messages)
        ),
    );
    let mut confluent = vec![script("confluent_consume.py")];
    confluent.extend(words(&format!("{} {TOPIC} {}", peers.bootstrap, fill.messages)));
    work.contenders = vec![
        Contender::consuming(&peers.consumer, fill, kp(peers, "value")),
        Contender::consuming(&peers.kcat, fill, kcat(peers)),
        console_consumer(fill, peers),
        perf_test(fill, peers),
        Contender::consuming(&peers.confluent_kafka, fill, confluent),
    ];
    work.compare_first(&[("kafka-consumer-perf-test (prints nothing)", 2.0)])
}

fn json(fill: &Fill, peers: &Peers) -> Work {
    let mut work = Work::new(
        "consume-json",
        format!(
            "consume {} messages from an uncompressed topic as lossless JSON",
            short(fill.messages)
        ),
    );
    let mut theirs = kcat(peers);
    theirs.push("-J".to_owned());
    work.contenders = vec![
        Contender::consuming(&peers.consumer, fill, kp(peers, "json")),
        Contender::consuming(&peers.kcat, fill, theirs),
    ];
    work.compare_first(&[("kcat", 6.0)])
}

/// Counts its lines beside it, in the container: Docker's way out of it would slow the tool down.
fn console_consumer(fill: &Fill, peers: &Peers) -> Contender {
    let arguments = words(&format!(
        "--bootstrap-server {} --topic {TOPIC} --from-beginning --max-messages {}",
        peers.bootstrap_of_tools, fill.messages
    ));
    let contender = Contender::consuming(&peers.console_consumer, fill, arguments);
    Contender {
        command: contender.command.map(beside_a_counter),
        reader: Reader::File,
        check: Check::Own(number),
        ..contender
    }
}

/// `docker exec CONTAINER TOOL ...` becomes `docker exec CONTAINER sh -c 'TOOL ... | wc -l'`;
/// without Docker likewise.
fn beside_a_counter(command: Vec<String>) -> Vec<String> {
    let tool = command.iter().position(|word| word.contains("kafka-console-consumer")).unwrap_or(0);
    let (before, tool) = command.split_at(tool);
    let piped = format!("{} | wc -l", tool.join(" "));
    let shell = ["sh", "-c", &piped].map(str::to_owned);
    [before, &shell].concat()
}

fn perf_test(fill: &Fill, peers: &Peers) -> Contender {
    let arguments = words(&format!(
        "--bootstrap-server {} --topic {TOPIC} --messages {} --hide-header",
        peers.bootstrap_of_tools, fill.messages
    ));
    Contender {
        clock: Clock::Own(seconds_of_consumer_perf_test),
        reader: Reader::File,
        check: Check::Own(messages_of_consumer_perf_test),
        ..Contender::consuming(&peers.consumer_perf_test, fill, arguments)
    }
    .named("kafka-consumer-perf-test (prints nothing)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_counted_where_it_runs() {
        let words = |text: &str| crate::words::words(text);
        let inside =
            beside_a_counter(words("docker exec c /opt/kafka-console-consumer.sh --topic t"));
        assert_eq!(inside[3..], ["sh", "-c", "/opt/kafka-console-consumer.sh --topic t | wc -l"]);
        let here = beside_a_counter(words("kafka-console-consumer --topic t"));
        assert_eq!(here, ["sh", "-c", "kafka-console-consumer --topic t | wc -l"]);
    }
}
