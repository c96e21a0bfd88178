//! What must not grow: memory with the number of messages, the cost of a message with their number
//! and with partitions.

use super::consume::CONSUMER_MEMORY;
use super::{consume, produce};
use crate::peers::Peers;
use crate::plan::Plan;
use crate::process::Reader;
use crate::words::{short, words};
use crate::work::{Bound, Check, Claim, Contender, Fill, Plot, Quantity, TopicState, Work};

const MEBIBYTE: f64 = 1024.0 * 1024.0;
const PRODUCER_MEMORY: f64 = 32.0 * MEBIBYTE;
/// Messages of a short run.
const FEW: u64 = 300_000;
/// What still counts as flat: memory and times come out a little differently each time.
const FLAT: f64 = 1.10;
/// With so little of a core the broker is slower than any source here. Even the smaller backlog
/// fills the queue.
const SLOW_BROKER_CORES: f64 = 0.07;

/// All of them.
pub(super) fn all(plan: &Plan, peers: &Peers) -> Vec<Work> {
    let mut works = vec![producer_memory(plan, peers), consumer_memory(plan, peers)];
    works.extend([
        producing_more(plan, peers),
        consuming_more(plan, peers),
        producing_few_to_partitions(peers),
        producing_to_partitions(plan, peers),
        consuming_from_partitions(plan, peers),
    ]);
    works
}

fn producer(peers: &Peers, messages: u64, partitions: u32, name: String) -> Contender {
    let arguments = produce::kp_generating(peers, "lz4", messages);
    Contender {
        topic: TopicState::Fresh { partitions },
        ..Contender::producing(&peers.producer, messages, arguments)
    }
    .named(name)
}

fn consumer(peers: &Peers, messages: u64, partitions: u32, name: String) -> Contender {
    let fill = Fill { messages, partitions, compression: "lz4" };
    consume::kp_to_lines(&fill, peers).named(name)
}

fn producer_memory(plan: &Plan, peers: &Peers) -> Work {
    let mut work =
        Work::new("memory-produce", "memory of a producer whose broker is slower than its source");
    work.plot = Some((Plot::Memory, "producing to a slow broker".to_owned()));
    work.broker_cores = Some(SLOW_BROKER_CORES);
    // Uncompressed, so that the broker has as much to do as it can have.
    let ours = plan.backlogs.map(|messages| {
        let arguments = produce::kp_generating(peers, "none", messages);
        Contender::producing(&peers.producer, messages, arguments)
            .named(format!("kp-producer, {}", short(messages)))
    });
    work.contenders = ours.into();
    work.claims = memory_claims(&work.contenders, PRODUCER_MEMORY);
    work
}

fn consumer_memory(plan: &Plan, peers: &Peers) -> Work {
    let mut work = Work::new(
        "memory-consume",
        format!(
            "memory of a consumer whose reader takes {} MB/s from the pipe",
            plan.slow_bytes_per_second / 1e6
        ),
    );
    work.plot = Some((Plot::Memory, "consuming for a slow reader".to_owned()));
    let [few, many] = plan.backlogs;
    let ours = [(few, 1), (many, 1), (many, 10)].map(|(messages, partitions)| {
        let name = format!("kp-consumer, {} in {}", short(messages), in_words(partitions));
        let mut contender = consumer(peers, messages, partitions, name);
        if let Ok(command) = &mut contender.command {
            command.extend(words(&format!("--max-messages {}", plan.slowly)));
        }
        Contender {
            messages: plan.slowly,
            reader: Reader::Slow(plan.slow_bytes_per_second),
            ..contender
        }
    });
    let [_, backlog, _] = &ours;
    let mut kcat = consume::kcat_to_lines(peers);
    kcat.extend(words(&format!("-c {}", plan.slowly)));
    let kcat = Contender {
        command: peers.kcat.command(kcat),
        check: Check::Lines,
        name: format!("kcat, {} in 1 partition", short(many)),
        program: "kcat",
        stdin: None,
        topic: backlog.topic.clone(),
        ..*backlog
    };
    work.claims = memory_claims(&ours, CONSUMER_MEMORY);
    work.contenders = ours.into();
    work.contenders.push(kcat);
    work
}

/// Each within the bound, and the others with as little as the first.
fn memory_claims(contenders: &[Contender], most: f64) -> Vec<Claim> {
    let within = contenders
        .iter()
        .map(|contender| Claim::of(&contender.name, Quantity::Peak, Bound::AtMost(most)));
    within.chain(against_first(contenders, Quantity::PeakAgainst)).collect()
}

/// The others as cheap as the first, and the greatest within the bound of memory.
fn cost_claims(contenders: &[Contender], most: f64) -> Vec<Claim> {
    let greatest = contenders
        .last()
        .map(|contender| Claim::of(&contender.name, Quantity::Peak, Bound::AtMost(most)));
    against_first(contenders, Quantity::CostAgainst).into_iter().chain(greatest).collect()
}

fn against_first(contenders: &[Contender], quantity: fn(String) -> Quantity) -> Vec<Claim> {
    let Some((first, others)) = contenders.split_first() else {
        return Vec::new();
    };
    let claim = |other: &Contender| {
        Claim::of(&other.name, quantity(first.name.clone()), Bound::AtMost(FLAT))
    };
    others.iter().map(claim).collect()
}

fn producing_more(plan: &Plan, peers: &Peers) -> Work {
    let mut work = Work::new("count-produce", "cost of a message sent, by their number (lz4)");
    work.plot = Some((Plot::Count, "kp-producer".to_owned()));
    work.contenders = on_axis(plan.counts, |count| {
        producer(peers, *count, 1, format!("kp-producer, {}", short(*count)))
    });
    work.claims = cost_claims(&work.contenders, PRODUCER_MEMORY);
    work
}

fn consuming_more(plan: &Plan, peers: &Peers) -> Work {
    let mut work = Work::new("count-consume", "cost of a message printed, by their number (lz4)");
    work.plot = Some((Plot::Count, "kp-consumer".to_owned()));
    work.contenders = on_axis(plan.counts, |count| {
        consumer(peers, *count, 1, format!("kp-consumer, {}", short(*count)))
    });
    work.claims = cost_claims(&work.contenders, CONSUMER_MEMORY);
    work
}

/// So few that each partition's own cost would show.
fn producing_few_to_partitions(peers: &Peers) -> Work {
    let mut work = Work::new(
        "partitions-few",
        format!("cost of a message sent to a new topic, by partitions ({}, none)", short(FEW)),
    );
    work.turns = 2;
    let contender = |partitions| Contender {
        topic: TopicState::Fresh { partitions },
        ..Contender::producing(&peers.producer, FEW, produce::kp_generating(peers, "none", FEW))
            .named(format!("kp-producer, {}", in_words(partitions)))
    };
    work.contenders = [1, 10].map(contender).into();
    work.claims = against_first(&work.contenders, Quantity::CostAgainst);
    work
}

fn producing_to_partitions(plan: &Plan, peers: &Peers) -> Work {
    let mut work = Work::new(
        "partitions-produce",
        format!("cost of a message sent, by partitions ({}, lz4)", short(plan.messages)),
    );
    work.plot = Some((Plot::Partitions, "kp-producer".to_owned()));
    work.contenders = on_axis(plan.partitions, |partitions| {
        let name = format!("kp-producer, {}", in_words(*partitions));
        producer(peers, plan.messages, *partitions, name)
    });
    work.claims = cost_claims(&work.contenders, PRODUCER_MEMORY);
    work
}

fn consuming_from_partitions(plan: &Plan, peers: &Peers) -> Work {
    let mut work = Work::new(
        "partitions-consume",
        format!("cost of a message printed, by partitions ({}, lz4)", short(plan.messages)),
    );
    work.plot = Some((Plot::Partitions, "kp-consumer".to_owned()));
    work.contenders = on_axis(plan.partitions, |partitions| {
        let name = format!("kp-consumer, {}", in_words(*partitions));
        consumer(peers, plan.messages, *partitions, name)
    });
    work.claims = cost_claims(&work.contenders, CONSUMER_MEMORY);
    work
}

fn in_words(partitions: u32) -> String {
    match partitions {
        1 => "1 partition".to_owned(),
        _ => format!("{partitions} partitions"),
    }
}

fn on_axis<X: Copy + Into<u64>>(
    places: &[X],
    contender: impl Fn(&X) -> Contender,
) -> Vec<Contender> {
    let place = |x: &X| Contender { x: (*x).into(), ..contender(x) };
    places.iter().map(place).collect()
}
