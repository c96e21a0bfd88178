//! What came of the claims.

use super::results::{ContenderResult, Finding, Verdict, WorkResult};
use super::statistics::Spread;
use super::work::{Bound, Claim, Quantity};

/// Compares a claim with what was measured.
pub(super) fn find(claim: &Claim, work: &WorkResult) -> Finding {
    let figure = figure(claim, work);
    let verdict = match (figure, claim.bound) {
        (_, None) => Verdict::Compared,
        (None, Some(_)) => Verdict::Unknown,
        (Some(figure), Some(bound)) if bound.holds(figure.median) => Verdict::Reached,
        (Some(_), Some(_)) => Verdict::Missed,
    };
    let (quantity, against) = match &claim.quantity {
        Quantity::SpeedAgainst(other) => ("speed", Some(other)),
        Quantity::ProcessSpeedAgainst(other) => ("process_speed", Some(other)),
        Quantity::Seconds => ("seconds", None),
        Quantity::Peak => ("peak_bytes", None),
        Quantity::PeakAgainst(other) => ("peak_growth", Some(other)),
        Quantity::CostAgainst(other) => ("cost_growth", Some(other)),
    };
    Finding {
        subject: claim.subject.clone(),
        quantity,
        against: against.cloned(),
        figure,
        target: claim.bound.map(|bound| in_words(bound, &claim.quantity)),
        verdict,
    }
}

fn figure(claim: &Claim, work: &WorkResult) -> Option<Spread> {
    let subject = work.contender(&claim.subject)?;
    let ratio = |other: &str, figures: fn(&ContenderResult) -> Vec<(u32, f64)>| {
        Spread::of_ratio(&figures(subject), &figures(work.contender(other)?))
    };
    match &claim.quantity {
        Quantity::SpeedAgainst(other) => {
            Spread::of_ratio(&work.contender(other)?.costs(), &subject.costs())
        }
        Quantity::ProcessSpeedAgainst(other) => Spread::of_ratio(
            &work.contender(other)?.process_costs(),
            &subject.process_costs(),
        ),
        Quantity::Seconds => subject.seconds(),
        Quantity::Peak => subject.peak(),
        Quantity::PeakAgainst(other) => ratio(other, ContenderResult::peaks),
        Quantity::CostAgainst(other) => ratio(other, ContenderResult::costs),
    }
}

fn in_words(bound: Bound, quantity: &Quantity) -> String {
    let (words, figure) = match bound {
        Bound::AtLeast(figure) => ("at least", figure),
        Bound::AtMost(figure) => ("at most", figure),
    };
    format!(
        "{words} {}",
        super::table::quantity(quantity_unit(quantity), figure)
    )
}

fn quantity_unit(quantity: &Quantity) -> &'static str {
    match quantity {
        Quantity::Seconds => "seconds",
        Quantity::Peak => "peak_bytes",
        _ => "times",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::bench::results::Run;

    pub(in crate::bench) fn work(contenders: &[(&str, &[f64])]) -> WorkResult {
        let run = |(round, seconds): (usize, &f64)| Run {
            round: round as u32,
            seconds: *seconds,
            process_seconds: *seconds,
            peak_bytes: Some((*seconds * 1024.0 * 1024.0) as u64),
            failure: (*seconds == 0.0).then(|| "lost a message".to_owned()),
            memory: vec![(0.0, 1), (*seconds, 2)],
        };
        let contender = |(name, seconds): &(&str, &[f64])| ContenderResult {
            name: (*name).to_owned(),
            program: "kp-producer",
            messages: 10,
            x: 10,
            command: Some((*name).to_owned()),
            missing: None,
            runs: seconds.iter().enumerate().map(run).collect(),
        };
        WorkResult {
            name: "w".to_owned(),
            title: "a work".to_owned(),
            plot: None,
            contenders: contenders.iter().map(contender).collect(),
            findings: Vec::new(),
        }
    }

    fn verdict(quantity: Quantity, bound: Option<Bound>, work: &WorkResult) -> Verdict {
        let claim = Claim {
            subject: "ours".to_owned(),
            quantity,
            bound,
        };
        find(&claim, work).verdict
    }

    #[test]
    fn faster_by_the_median() {
        let work = work(&[("ours", &[1.0, 1.0, 9.0]), ("theirs", &[3.0, 3.0, 3.0])]);
        let speed = Quantity::SpeedAgainst("theirs".to_owned());
        let least = |figure| Some(Bound::AtLeast(figure));
        assert_eq!(verdict(speed.clone(), least(2.9), &work), Verdict::Reached);
        assert_eq!(verdict(speed.clone(), least(3.1), &work), Verdict::Missed);
        assert_eq!(verdict(speed, None, &work), Verdict::Compared);
    }

    #[test]
    fn a_run_that_lost_a_message_does_not_count() {
        let work = work(&[("ours", &[0.0, 2.0, 0.0])]);
        let two = Some(Bound::AtMost(2.0));
        assert_eq!(verdict(Quantity::Seconds, two, &work), Verdict::Reached);
        assert_eq!(
            work.contenders[0].seconds().map(|spread| spread.min),
            Some(2.0)
        );
    }

    #[test]
    fn who_never_finished_has_no_figure() {
        let work = work(&[("ours", &[0.0]), ("theirs", &[1.0])]);
        let one = Some(Bound::AtLeast(1.0));
        let speed = Quantity::SpeedAgainst("theirs".to_owned());
        assert_eq!(verdict(speed, one, &work), Verdict::Unknown);
        let missing = Quantity::SpeedAgainst("nobody".to_owned());
        assert_eq!(verdict(missing, one, &work), Verdict::Unknown);
    }

    #[test]
    fn growth_is_in_multiples_of_the_smaller() {
        let work = work(&[("ours", &[2.2]), ("small", &[2.0])]);
        let flat = Some(Bound::AtMost(1.11));
        for quantity in [Quantity::PeakAgainst, Quantity::CostAgainst] {
            let quantity = quantity("small".to_owned());
            assert_eq!(verdict(quantity, flat, &work), Verdict::Reached);
        }
    }
}
