//! One bad message in a hundred: a consumer that fails at it, skips it, or sets it aside.

use anyhow::{Context, Result};

use crate::figures::{Figures, Value};
use crate::json;
use crate::stage::Stage;

const ORDERS: u64 = 1_000;
/// The consumer is started so often, as something that watches over it would.
const STARTS: [&str; 3] = ["fail, start 1", "fail, start 2", "fail, start 3"];

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("broker")?;
    let broker = stage.embedded(&["--topic", "orders:1", "--topic", "orders.bad:1"])?;

    stage.step("orders")?;
    let bad = if stage.is_control() { "" } else { "; /50}$/s/.*/two teas, please/" };
    stage.run(&format!("seq 0 999 | sed 's/.*/{{\"order\":&}}/{bad}' > orders.txt"))?;
    stage.run("kp-producer -t orders --file orders.txt")?;

    stage.step("fail")?;
    for case in STARTS {
        read(stage, case, "billing", "fail")?;
    }
    note_lag(stage, STARTS[2], "billing")?;
    if stage.is_control() {
        return Ok(());
    }

    stage.step("skip")?;
    read(stage, "skip", "billing-skip", "skip")?;
    note_lag(stage, "skip", "billing-skip")?;

    stage.step("dead-letter")?;
    read(stage, "dead-letter", "billing-letters", "dead-letter:orders.bad")?;
    note_lag(stage, "dead-letter", "billing-letters")?;
    stage.plot_bars("printed");

    stage.step("letters")?;
    stage.run("kp-consumer -t orders.bad -e --save letters.kp")?;
    stage.run("kp-consumer --load letters.kp -c 1 -f '%s\\n%h\\n'")?;
    let letters = stage.json("kp-admin --output json topics offsets orders.bad")?;
    let letters = json::number(&letters, "/partitions/0/count")?;
    stage.figure("dead-letter", "letters", Value::Count(letters));

    stage.step("redrive")?;
    stage.run("kp-producer --load letters.kp --to-origin")?;
    stage.run("kp-producer --load letters.kp --to-origin")?;
    read(stage, "mended", "billing-letters", "show")?;
    note_lag(stage, "mended", "billing-letters")?;
    drop(broker);
    Ok(())
}

/// Reads the topic to its end as a member of the group; notes what was printed, and how it ended.
fn read(stage: &mut Stage<'_>, case: &str, group: &str, bad: &str) -> Result<()> {
    let typed = format!("kp-consumer -t orders -G {group} -e --on-bad-message {bad} > printed.txt");
    // Where it goes on it warns of each, which would fill the screen.
    let goes_on = bad.starts_with("skip") || bad.starts_with("dead-letter");
    let typed = if goes_on { format!("{typed} 2> warnings.txt") } else { typed };
    let ended = stage.run_whatever_comes(&typed)?;
    if goes_on {
        stage.run("head -n 2 warnings.txt")?;
    }
    let code = ended.code().context("kp-consumer was ended by a signal")?;
    let printed = stage.count_lines("printed.txt")?;
    stage.figure(case, "printed", Value::Count(printed));
    stage.figure(case, "exit", Value::Text(code.to_string()));
    Ok(())
}

/// How many messages the group has before it.
fn note_lag(stage: &mut Stage<'_>, case: &str, group: &str) -> Result<()> {
    stage.run(&format!("kp-admin groups describe {group}"))?;
    let group = stage.json(&format!("kp-admin --output json groups describe {group}"))?;
    let lag = json::number(&group, "/partitions/0/lag")?;
    stage.figure(case, "left", Value::Count(lag));
    Ok(())
}

pub(super) fn judge(figures: &Figures) -> Option<&'static str> {
    let printed = STARTS.map(|case| figures.number(case, "printed"));
    let [first, second, third] = [printed[0]?, printed[1]?, printed[2]?];
    let left = figures.number(STARTS[2], "left")?;
    match first + second + third {
        _ if left == 0.0 => Some("rest"),
        0.0 => Some("none"),
        _ if second == 0.0 && third == 0.0 => Some("stuck"),
        _ if second > 0.0 && third > 0.0 && third < ORDERS as f64 / 5.0 => Some("next"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_how_far_each_start_came() {
        for (printed, left, answer) in [
            ([50, 0, 0], 950, Some("stuck")),
            ([50, 99, 99], 750, Some("next")),
            ([50, 940, 0], 0, Some("rest")),
            ([1_000, 0, 0], 0, Some("rest")),
            ([0, 0, 0], 1_000, Some("none")),
            // A broker that was gone for one start is none of the answers.
            ([50, 0, 99], 850, None),
        ] {
            let mut figures = Figures::default();
            for (case, printed) in STARTS.into_iter().zip(printed) {
                figures.set(case, "printed", Value::Count(printed));
            }
            figures.set(STARTS[2], "left", Value::Count(left));
            assert_eq!(judge(&figures), answer, "{printed:?}");
        }
    }
}
