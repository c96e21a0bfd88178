//! What a reader sees of transactions that were aborted or left open, and a copy under kills.

use std::time::Duration;

use anyhow::Result;
use kp_process::Signal;
use kp_stack::docker::stack::Stack;

use crate::figures::{Figures, Value};
use crate::json;
use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(20);
/// Each look starts a program, which takes time from what is looked at.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
const KILLS: u64 = 3;
/// So many more offsets than at its start the topic of the copy has when the copy is killed.
const COPIED_UNTIL_KILL: u64 = 100;
const UNCOMMITTED: &str = "-X isolation.level=read_uncommitted";

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("broker")?;
    let single = stage.container(Stack::Kraft)?;

    stage.step("abort")?;
    stage.run("kp-admin topics create payments --partitions 1 --config max.message.bytes=1000")?;
    let last = if stage.is_control() { "echo 100" } else { "head -c 2000 /dev/zero | tr '\\0' x" };
    stage.run(&format!("(seq 1 99; {last}) > payments.txt"))?;
    let typed = "kp-producer -t payments --file payments.txt --transactional-id till \
                 --per-transaction 100 -z none --linger 0ms";
    stage.run_whatever_comes(typed)?;

    stage.step("read")?;
    read_both(stage, "aborted", "payments")?;
    stage.run("kp-admin topics offsets payments")?;
    let end = end_of(stage, "payments")?;
    stage.figure("aborted", "offsets", Value::Count(end));
    if stage.is_control() {
        return Ok(());
    }

    stage.step("open")?;
    let typed = "kp-producer -t sales --rate 200 -c 100000 --transactional-id till";
    let producer = stage.start(typed)?;
    stage.until("sales", SOON, || {
        producer.ensure_running()?;
        // The topic is made by the first message.
        Ok(end_of(stage, "sales").unwrap_or_default() >= 220)
    })?;
    // Between two transactions none is open: a producer that is stopped there goes on for a while.
    stage.until("an open transaction", SOON, || {
        producer.send(Signal::STOP)?;
        let read = stage.run_unseen("kp-consumer -t sales -e")?;
        let is_open = read.stderr.contains("a transaction is open");
        if !is_open {
            producer.send(Signal::CONT)?;
            stage.pass(BETWEEN_LOOKS)?;
        }
        Ok(is_open)
    })?;
    stage.show("kill -STOP %1", "")?;
    stage.signal("kill -9 %1", &producer, Signal::KILL)?;
    stage.run("kp-producer -t sales -c 10")?;
    read_both(stage, "left open", "sales")?;

    stage.step("taken over")?;
    stage.run("kp-producer -t sales -c 1 --transactional-id till")?;
    read_both(stage, "taken over", "sales")?;

    stage.step("copy")?;
    for topic in ["orders", "orders.copy"] {
        stage.run(&format!("kp-admin topics create {topic} --partitions 1"))?;
    }
    // Orders come until the last kill, so that no copy is done before it is killed.
    let typed = "kp-producer -t orders --rate 2000 --duration 3m --audit orders.ledger";
    let mut producer = stage.start(typed)?;
    // A member with a name of its own is known again after a kill, and need not be waited for.
    let copier = "kp-consumer -t orders -G copier --copy-to orders.copy --transactional-id copier \
                  -X group.instance.id=copier";
    let mut kills = 0;
    while kills < KILLS {
        let before = end_of(stage, "orders.copy")?;
        let running = stage.start(&format!("{copier} --follow"))?;
        stage.until("more orders are copied", SOON, || {
            producer.ensure_running()?;
            running.ensure_running()?;
            Ok(end_of(stage, "orders.copy")? >= before + COPIED_UNTIL_KILL)
        })?;
        stage.signal("kill -9 %2", &running, Signal::KILL)?;
        kills += 1;
    }
    stage.signal("kill %1", &producer, Signal::TERM)?;
    stage.wait(&mut producer)?.exits(0)?;
    stage.run(&format!("{copier} -e"))?;
    stage.figure("copied", "kills", Value::Count(kills));

    stage.step("audit")?;
    let audit = "kp-admin audit orders.ledger --topic orders.copy";
    stage.run_whatever_comes(audit)?;
    read_both(stage, "copied", "orders.copy")?;
    let found = stage.json(&audit.replacen("kp-admin", "kp-admin --output json", 1))?;
    for (measure, pointer) in [("missing", "/lost"), ("twice", "/twice")] {
        stage.figure("copied", measure, Value::Count(json::number(&found, pointer)?));
    }
    let number = |measure| stage.figures().number("copied", measure).unwrap_or_default();
    let cut_off = (number("all") - number("committed")).max(0.0) as u64;
    stage.figure("copied", "cut off", Value::Count(cut_off));
    drop(single);
    Ok(())
}

/// How many messages readers of both kinds find in a topic.
fn read_both(stage: &mut Stage<'_>, case: &str, topic: &str) -> Result<()> {
    stage.run(&format!("kp-consumer -t {topic} -e > committed.txt"))?;
    let committed = stage.count_lines("committed.txt")?;
    stage.run(&format!("kp-consumer -t {topic} -e {UNCOMMITTED} > all.txt"))?;
    let all = stage.count_lines("all.txt")?;
    stage.figure(case, "committed", Value::Count(committed));
    stage.figure(case, "all", Value::Count(all));
    Ok(())
}

/// The end offset of a topic of one partition.
fn end_of(stage: &Stage<'_>, topic: &str) -> Result<u64> {
    stage.pass(BETWEEN_LOOKS)?;
    let offsets = stage.json(&format!("kp-admin --output json topics offsets {topic}"))?;
    json::number(&offsets, "/partitions/0/end")
}

pub(super) fn judge(figures: &Figures) -> Option<&'static str> {
    let number = |measure| figures.number("aborted", measure);
    let [committed, all, offsets] = [number("committed")?, number("all")?, number("offsets")?];
    match (committed > 0.0, all > 0.0) {
        // The mark of the abort takes one. Without a second one no message had reached the broker.
        _ if offsets < 2.0 => None,
        (false, false) => Some("nobody"),
        (false, true) => Some("uncommitted"),
        (true, true) => Some("both"),
        (true, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_who_found_messages_of_the_aborted_transaction() {
        for (committed, all, offsets, answer) in [
            (0, 99, 100, Some("uncommitted")),
            (0, 0, 100, Some("nobody")),
            (100, 100, 101, Some("both")),
            // The abort was faster than the first message.
            (0, 0, 1, None),
            (0, 0, 0, None),
            (5, 0, 100, None),
        ] {
            let mut figures = Figures::default();
            for (measure, count) in [("committed", committed), ("all", all), ("offsets", offsets)] {
                figures.set("aborted", measure, Value::Count(count));
            }
            assert_eq!(judge(&figures), answer, "{committed}, {all}, {offsets}");
        }
    }
}
