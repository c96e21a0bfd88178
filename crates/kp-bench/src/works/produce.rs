//! Producing: in bulk, from standard input, a message at a time, and by size.

use anyhow::Result;

use crate::input;
use crate::peers::{Peers, script};
use crate::plan::Plan;
use crate::said::{seconds_of_done, seconds_of_kp_report, seconds_of_producer_perf_test};
use crate::words::{short, words};
use crate::work::{Bound, Claim, Clock, Contender, Plot, Quantity, TOPIC, Work};
use kp_process::workspace;

/// Where the Java tool finds lines in its container, or on this machine.
pub(crate) const PAYLOADS: &str = "/tmp/kp-bench-payloads.txt";
/// The tool picks lines at random from those that it holds in memory. So few are enough, and fairer
/// to its memory.
pub(crate) const PAYLOAD_LINES: u64 = 10_000;
/// Turns in one round where one is over in a moment.
const MANY: u32 = 4;
const FLUSHES: u64 = 1000;

/// What kp-producer takes besides its source, to do the same as the others.
fn kp(peers: &Peers, codec: &str) -> Vec<String> {
    words(&format!(
        "--bootstrap-server {} --topic {TOPIC} --acks all --linger 5ms --compression {codec}",
        peers.bootstrap
    ))
}

/// The same of kcat.
fn kcat(peers: &Peers, codec: &str) -> Vec<String> {
    words(&format!(
        "-P -b {} -t {TOPIC} -z {codec} -X acks=all -X enable.idempotence=true -X linger.ms=5",
        peers.bootstrap
    ))
}

/// kp-producer's words for messages that it makes up.
pub(super) fn kp_generating(peers: &Peers, codec: &str, messages: u64) -> Vec<String> {
    let mut arguments = kp(peers, codec);
    arguments.extend(["--count".to_owned(), messages.to_string()]);
    arguments
}

fn kp_from_stdin(peers: &Peers, codec: &str) -> Vec<String> {
    let mut arguments = kp(peers, codec);
    arguments.push("--stdin".to_owned());
    arguments
}

fn perf_test(peers: &Peers, codec: &str, messages: u64) -> Contender {
    let arguments = words(&format!(
        "--topic {TOPIC} --num-records {messages} --throughput -1 --payload-file {PAYLOADS} \
         --producer-props bootstrap.servers={} acks=all enable.idempotence=true linger.ms=5 compression.type={codec}",
        peers.bootstrap_of_tools
    ));
    Contender {
        clock: Clock::Own(seconds_of_producer_perf_test),
        ..Contender::producing(&peers.producer_perf_test, messages, arguments)
    }
}

fn rdkafka_performance(peers: &Peers, codec: &str, messages: u64) -> Contender {
    let arguments = words(&format!(
        "-P -q -b {} -t {TOPIC} -s 25 -c {messages} -a -1 -z {codec} -X enable.idempotence=true -X linger.ms=5",
        peers.bootstrap
    ));
    Contender::producing(&peers.rdkafka_performance, messages, arguments)
}

fn python(peers: &Peers, codec: &str, plan: &Plan) -> [Contender; 2] {
    let arguments = |name: &str, messages: u64| {
        let mut arguments = vec![script(name)];
        arguments.extend(words(&format!("{} {TOPIC} {messages} {codec}", peers.bootstrap)));
        arguments
    };
    let few = plan.messages_of_slow_peers;
    [
        Contender::producing(
            &peers.confluent_kafka,
            plan.messages,
            arguments("confluent_produce.py", plan.messages),
        ),
        Contender::producing(&peers.kafka_python, few, arguments("kafka_python_produce.py", few))
            .named(format!("kafka-python ({})", short(few))),
    ]
}

/// Generated messages, codec by codec.
pub(super) fn generated(plan: &Plan, peers: &Peers) -> Result<Vec<Work>> {
    let lines = input::generated(plan.messages)?;
    let messages = plan.messages;
    let work = |codec: &&str| {
        let mut work = Work::new(
            format!("produce-{codec}"),
            format!("produce {} generated messages, {codec}", short(messages)),
        );
        work.plot = Some((Plot::Codec, (*codec).to_owned()));
        work.contenders = vec![
            Contender::producing(&peers.producer, messages, kp_generating(peers, codec, messages)),
            Contender::producing(&peers.kcat, messages, kcat(peers, codec)).reading(&lines),
            perf_test(peers, codec, messages),
            rdkafka_performance(peers, codec, messages),
        ];
        // The other codecs would need packages of kafka-python's own choosing.
        let [confluent, kafka_python] = python(peers, codec, plan);
        if !plan.quick || *codec == "lz4" {
            work.contenders.push(confluent);
        }
        if !plan.quick && matches!(*codec, "none" | "gzip") {
            work.contenders.push(kafka_python);
        }
        let kcat = match *codec {
            "none" => 1.25,
            "lz4" => 1.4,
            "gzip" => 1.1,
            _ => 1.0,
        };
        work.compare_first(&[("kcat", kcat), ("kafka-producer-perf-test", 3.0)])
    };
    Ok(plan.codecs.iter().map(work).collect())
}

/// Lines of standard input.
pub(super) fn from_stdin(plan: &Plan, peers: &Peers) -> Result<Vec<Work>> {
    let lines = input::generated(plan.messages)?;
    let messages = plan.messages;
    let work = |codec| {
        let mut work = Work::new(
            format!("stdin-{codec}"),
            format!("produce {} lines from stdin, {codec}", short(messages)),
        );
        let ours = kp_from_stdin(peers, codec);
        work.contenders = vec![
            Contender::producing(&peers.producer, messages, ours).reading(&lines),
            Contender::producing(&peers.kcat, messages, kcat(peers, codec)).reading(&lines),
        ];
        work.compare_first(&[("kcat", 1.25)])
    };
    Ok(["none", "lz4"].map(work).into())
}

/// One message as a whole process, and a flush after each message.
pub(super) fn starting(peers: &Peers) -> Result<Vec<Work>> {
    let line = input::generated(1)?;
    let mut one = Work::new("one-message", "one message, acknowledged, the whole process");
    one.turns = MANY;
    one.contenders = vec![
        Contender::producing(&peers.producer, 1, kp_generating(peers, "none", 1)),
        Contender::producing(&peers.kcat, 1, kcat(peers, "none")).reading(&line),
    ];
    one.claims = vec![Claim::of("kp-producer", Quantity::Seconds, Bound::AtMost(0.12))];
    let one = one.compare_first(&[]);

    let ours = |acks: &str| {
        let seed = workspace::root().join("config/seed.toml");
        let arguments = words(&format!(
            "--config {} --bootstrap-server {} --topic {TOPIC} --count {FLUSHES} --acks {acks} --report json",
            seed.display(),
            peers.bootstrap
        ));
        Contender {
            clock: Clock::Own(seconds_of_kp_report),
            ..Contender::producing(&peers.producer, FLUSHES, arguments)
        }
    };
    let original = || {
        let mut arguments = vec![script("original_loop.py")];
        arguments.extend(words(&format!("{} {TOPIC} {FLUSHES}", peers.bootstrap)));
        Contender {
            clock: Clock::Own(seconds_of_done),
            ..Contender::producing(&peers.kafka_python, FLUSHES, arguments)
        }
        .named("the original's loop (kafka-python, acks=0)")
    };
    let works = [("0", 5.0), ("all", 2.0)].map(|(acks, least)| {
        let mut work = Work::new(
            format!("flush-each-acks-{acks}"),
            format!("1,000 messages with a flush each, acks={acks}, by the loop's own clock"),
        );
        work.turns = MANY;
        work.contenders = vec![ours(acks), original()];
        work.compare_first(&[("the original's loop (kafka-python, acks=0)", least)])
    });
    Ok(std::iter::once(one).chain(works).collect())
}

/// Lines of several sizes, uncompressed, so that it is the moving of bytes that counts.
pub(super) fn sizes(plan: &Plan, peers: &Peers) -> Result<Vec<Work>> {
    let work = |&(bytes, messages): &(usize, u64)| {
        let lines = input::sized(messages, bytes)?;
        let mut work = Work::new(
            format!("size-{bytes}"),
            format!("produce {} lines of {bytes} B from stdin, none", short(messages)),
        );
        work.plot = Some((Plot::Size, format!("{bytes} B")));
        let ours = kp_from_stdin(peers, "none");
        work.contenders = vec![
            Contender::producing(&peers.producer, messages, ours).reading(&lines),
            Contender::producing(&peers.kcat, messages, kcat(peers, "none")).reading(&lines),
        ];
        for contender in &mut work.contenders {
            contender.x = bytes as u64;
        }
        Ok(work.compare_first(&[("kcat", if bytes == 100 { 1.25 } else { 1.0 })]))
    };
    plan.sizes.iter().map(work).collect()
}
