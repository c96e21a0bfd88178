//! The steps of the demo: what is run, what is shown of it, and what it means.
//!
//! Our own words stay within 80 columns; what the programs print is shown as it is.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::check;
use super::stage::Stage;

/// What the programs send and read when nothing else is asked for.
const MESSAGES: usize = 1000;
/// How many messages are shown at either end.
const SHOWN: usize = 3;

/// What stands before the first step.
pub(super) fn introduce(out: &mut dyn Write) -> Result<()> {
    out.write_all(
        b"\
The original exercise, on a broker that is part of this repository:
1,000 messages to Kafka and back. Each step names the command that does it,
once `cargo xtask up --embedded` has started a broker on port 9092
(or `cargo xtask up`, which starts a real Kafka in Docker).
",
    )?;
    Ok(())
}

/// What the first step did.
pub(super) fn explain_broker(address: SocketAddr, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "\
$ kp-broker --listen 127.0.0.1:0
kp-broker ready on {address}

A broker is the server that keeps messages; programs reach it over the network.
This one lives in a single process, on a free port, and forgets all at its end.
Run this step yourself: cargo xtask up --embedded"
    )?;
    Ok(())
}

/// Sends the messages.
pub(super) fn produce(stage: &Stage, out: &mut dyn Write) -> Result<()> {
    let produced = stage.run("kp-producer", &[], out)?;
    let (line, seconds) = check::seconds(&produced)?;
    writeln!(
        out,
        "\
{line}

The producer sent 1,000 messages to the topic `topic1` in {seconds} seconds:
{{\"str\":\"result0\"}}, {{\"str\":\"result1\"}} and so on, compressed with gzip. A topic
is a named log: messages are added at its end and stay when they were read.
With acks=all, the default, a message is acknowledged only when the broker has
confirmed that it is stored. (The original has acks=0: it asks for no answer.)
Run this step yourself: cargo run -q -p kp-producer"
    )?;
    Ok(())
}

/// Reads the messages back and shows the first and the last ones.
pub(super) fn consume(stage: &Stage, out: &mut dyn Write) -> Result<()> {
    let consumed = stage.run("kp-consumer", &[], out)?;
    let messages = check::messages(&consumed, MESSAGES)?;
    writeln!(out, "[Start] get consumer")?;
    for message in &messages[..SHOWN] {
        writeln!(out, "{message}")?;
    }
    writeln!(out, "... {} more messages ...", messages.len() - 2 * SHOWN)?;
    for message in &messages[messages.len() - SHOWN..] {
        writeln!(out, "{message}")?;
    }
    writeln!(
        out,
        "\
[End] get consumer

All 1,000 messages came back, in the order in which they were sent (checked).
A topic consists of partitions, here of one, number 0. Within a partition each
message has a number, its offset: it counts from 0 and never changes.
The consumer ended because it had read everything and nothing came for 1 s.
Run this step yourself: cargo run -q -p kp-consumer"
    )?;
    Ok(())
}

/// Shows which topics there are.
pub(super) fn list_topics(stage: &Stage, out: &mut dyn Write) -> Result<()> {
    let listed = stage.run("kp-admin", &["topics", "list"], out)?;
    ensure!(check::has_word(&listed, "topic1"), "the list of topics has no topic1: {listed}");
    writeln!(
        out,
        "\
{}

The broker knows the topic. A real Kafka has one more, __consumer_offsets, in
which it notes how far each group has read; `--internal` shows such topics.
Run this step yourself: cargo run -q -p kp-admin -- topics list",
        listed.trim_end()
    )?;
    Ok(())
}

/// Shows what the topic consists of.
pub(super) fn describe_topic(stage: &Stage, out: &mut dyn Write) -> Result<()> {
    let described = stage.run("kp-admin", &["topics", "describe", "topic1"], out)?;
    ensure!(
        check::has_word(&described, "topic1"),
        "the description is not one of topic1: {described}"
    );
    writeln!(
        out,
        "\
{}

Each partition has a leader, the broker that handles its reads and writes.
Replicas are the brokers that keep a copy, and Isr those whose copy is complete:
with a single broker all three are the same.
Run this step yourself: cargo run -q -p kp-admin -- topics describe topic1",
        described.trim_end()
    )?;
    Ok(())
}

/// Shows how far the consumer's group has read.
pub(super) fn describe_group(stage: &Stage, out: &mut dyn Write) -> Result<()> {
    let arguments = ["groups", "describe", "test-group"];
    let described = stage.run("kp-admin", &arguments, out)?;
    let as_json = [&arguments[..], &["--output", "json", "-b", &stage.bootstrap]].concat();
    let progress = check::progress(&stage.output_of("kp-admin", &as_json)?)?;
    let all = MESSAGES as i64;
    ensure!(
        progress == check::Progress { committed: all, end: all, lag: 0 },
        "the group has not read {all} messages: committed {}, end {}, lag {}",
        progress.committed,
        progress.end,
        progress.lag
    );
    writeln!(
        out,
        "\
{}

Consumers of the same group share the work, and the broker remembers how far the
group has read: the committed offset. The lag is what is still to be read, the
end minus that: {}, so nothing is left. That is why kp-consumer prints nothing
when it is run again: the group has read all. `--from earliest` reads again.
Run this step yourself: cargo run -q -p kp-admin -- groups describe test-group",
        described.trim_end(),
        progress.lag
    )?;
    Ok(())
}

/// What stands after the last step.
pub(super) fn conclude(took: Duration, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "
All done in {:.1} s: 1,000 messages sent, stored, read and accounted for. The
broker has ended. Next: `cargo xtask up`, or `cargo xtask up --embedded`.",
        took.as_secs_f64()
    )?;
    Ok(())
}
