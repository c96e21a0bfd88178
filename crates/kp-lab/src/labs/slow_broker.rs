//! A broker that is far away, and one that cannot be reached for a while.

use std::time::Duration;

use anyhow::Result;
use kp_plot::{Axis, Line};
use kp_stack::embedded::RelayedBroker;
use kp_stack::kafka::offsets;

use crate::figures::{Figures, Value};
use crate::producer::Report;
use crate::stage::Stage;

/// How long a request and its answer are under way.
const ROUND_TRIPS: [(&str, u64); 3] = [("0 ms", 0), ("20 ms", 20), ("100 ms", 100)];
/// The name of the case, how a reader types it, and how many messages take 2 s at 100 ms.
///
/// Of one partition librdkafka sends an idempotent producer's next batch when the one before is
/// acknowledged, whatever may be under way. So two cases go without, and one shows it.
const CASES: [(&str, &str, u64); 4] = [
    ("flush each", "--flush each", 20),
    (
        "1 request",
        "\\\n     -X enable.idempotence=false -X max.in.flight=1 -X batch.num.messages=100",
        2_000,
    ),
    (
        "5 requests",
        "\\\n     -X enable.idempotence=false -X max.in.flight=5 -X batch.num.messages=100",
        10_000,
    ),
    ("idempotent", "-X batch.num.messages=100", 2_000),
];

/// So many messages a second can be flushed one by one where each takes 100 ms.
const AT_MOST_AT_100_MS: f64 = 10.0;

const CUT: Duration = Duration::from_secs(2);
const STORED_WITHIN: Duration = Duration::from_secs(20);

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("broker")?;
    let broker =
        stage.relayed(&["--topic", "orders:1", "--topic", "cut:1", "--topic", "short:1"])?;

    stage.step("far")?;
    for (round_trip, milliseconds) in ROUND_TRIPS {
        slow_down(stage, &broker, milliseconds)?;
        for (case, flags, count) in CASES {
            let typed = format!("kp-producer -t orders -c {count} {flags}");
            let report = Report::said_by(&stage.run(&typed)?)?;
            stage.figure(case, round_trip, Value::Rate(report.speed()?.per_second));
        }
    }
    let lines = CASES.map(|(case, ..)| rates(stage.figures(), case));
    let (x, y) = (Axis::linear("round trip in ms"), Axis::log("messages/s"));
    stage.plot_lines("rates", lines.into(), x, y);
    stage.plot_bars("100 ms");
    broker.relay().mend();

    stage.step("cut")?;
    send_over_a_cut(stage, &broker, "cut", "default", "")?;
    stage.step("short")?;
    send_over_a_cut(stage, &broker, "short", "at most 1 s", " --delivery-timeout 1s")?;
    Ok(())
}

/// Without the cause it stays as near as it is.
fn slow_down(stage: &mut Stage<'_>, broker: &RelayedBroker, milliseconds: u64) -> Result<()> {
    if stage.is_control() || milliseconds == 0 {
        return Ok(());
    }
    let each_way = milliseconds / 2;
    broker.relay().delay(Duration::from_millis(each_way));
    stage.show(&format!("# the relay: from now on all comes {each_way} ms later, each way"), "")
}

/// Sends 100 messages a second for 5 s, with the line cut in the middle.
fn send_over_a_cut(
    stage: &mut Stage<'_>,
    broker: &RelayedBroker,
    topic: &str,
    case: &str,
    flags: &str,
) -> Result<()> {
    let address = broker.address().to_string();
    let stored = || offsets::end_at(topic, &address);
    let typed = format!("kp-producer -t {topic} --rate 100 --duration 5s{flags}");
    let mut producer = stage.start(&typed)?;
    stage.until("the first messages to be stored", STORED_WITHIN, || Ok(stored()? >= 50))?;
    if !stage.is_control() {
        broker.relay().cut();
        stage.show("# the relay: cut, nothing comes through for 2 s", "")?;
        stage.pass(CUT)?;
        broker.relay().mend();
    }
    let report = Report::said_by(&stage.wait(&mut producer)?)?;
    // What the relay held back may arrive after the producer has ended.
    let mut before = 0;
    stage.until("what was under way to be stored", STORED_WITHIN, || {
        stage.pass(Duration::from_millis(300))?;
        let now = stored()?;
        Ok(std::mem::replace(&mut before, now) == now)
    })?;
    for (measure, count) in [
        ("acknowledged", report.acknowledged),
        ("failed", report.failed),
        ("unknown", report.unknown),
        ("stored", before),
    ] {
        stage.figure(case, measure, Value::Count(count));
    }
    stage.figure(case, "longest", Value::Time(report.speed()?.max));
    Ok(())
}

fn rates(figures: &Figures, case: &str) -> Line {
    let point = |(name, milliseconds)| Some((milliseconds as f64, figures.number(case, name)?));
    Line { name: case.to_owned(), points: ROUND_TRIPS.into_iter().filter_map(point).collect() }
}

pub(super) fn judge(figures: &Figures) -> Option<&'static str> {
    let rate = |case| figures.number(case, "100 ms");
    let (flush, one, five) = (rate("flush each")?, rate("1 request")?, rate("5 requests")?);
    let given_up = |case| {
        let count = |measure| figures.number(case, measure);
        Some(count("failed")? + count("unknown")?)
    };
    let cut_shows = given_up("default")? == 0.0 && given_up("at most 1 s")? > 0.0;
    match (one / flush, five / one) {
        _ if flush > AT_MOST_AT_100_MS * 2.0 => Some("alike"),
        (batches, _) if batches < 5.0 => Some("trips"),
        (_, more) if more < 1.5 => Some("order"),
        (batches, more) if batches >= 20.0 && more >= 2.5 && cut_shows => Some("window"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(far: [f64; 3], given_up: [u64; 2]) -> Figures {
        let mut figures = Figures::default();
        for ((case, ..), rate) in CASES.into_iter().zip(far) {
            figures.set(case, "100 ms", Value::Rate(rate));
        }
        for (case, failed) in ["default", "at most 1 s"].into_iter().zip(given_up) {
            figures.set(case, "failed", Value::Count(failed));
            figures.set(case, "unknown", Value::Count(0));
        }
        figures
    }

    #[test]
    fn the_rates_at_a_distance_and_the_cut_say_which_it_is() {
        for (far, given_up, answer) in [
            ([9.8, 960.0, 4_500.0], [0, 103], Some("window")),
            ([9.8, 30.0, 50.0], [0, 103], Some("trips")),
            ([9.8, 960.0, 980.0], [0, 103], Some("order")),
            ([1_900.0, 50_000.0, 90_000.0], [0, 0], Some("alike")),
            // The cut did not show what it is for.
            ([9.8, 960.0, 4_500.0], [1, 103], None),
            ([9.8, 960.0, 4_500.0], [0, 0], None),
            // Something else than the distance was the limit.
            ([9.8, 960.0, 1_900.0], [0, 103], None),
        ] {
            assert_eq!(judge(&figures(far, given_up)), answer, "{far:?}");
        }
    }
}
