//! What came of the claims.

use super::results::{ContenderResult, Finding, Verdict, WorkResult};
use super::statistics::Spread;
use super::work::{Bound, Claim, Quantity};

/// Compares a claim with what was measured.
pub(super) fn find(claim: &Claim, work: &WorkResult) -> Finding {
    let figure = figure(claim, work);
    let verdict = match figure {
        None => Verdict::Unknown,
        Some(figure) if claim.bound.holds(figure.median) => Verdict::Reached,
        Some(_) => Verdict::Missed,
    };
    let (quantity, against) = named(&claim.quantity);
    Finding {
        subject: claim.subject.clone(),
        quantity,
        against: against.cloned(),
        figure,
        target: in_words(claim.bound, &claim.quantity),
        verdict,
        noise: figure.and_then(|_| noise(claim, work)),
    }
}

fn named(quantity: &Quantity) -> (&'static str, Option<&String>) {
    match quantity {
        Quantity::SpeedAgainst(other) => ("speed", Some(other)),
        Quantity::ProcessSpeedAgainst(other) => ("process_speed", Some(other)),
        Quantity::Seconds => ("seconds", None),
        Quantity::Peak => ("peak_bytes", None),
        Quantity::PeakAgainst(other) => ("peak_growth", Some(other)),
        Quantity::CostAgainst(other) => ("cost_growth", Some(other)),
    }
}

/// Whether some rounds reach the target and others miss it.
pub(super) fn is_open(claim: &Claim, work: &WorkResult) -> bool {
    figure(claim, work)
        .is_some_and(|figure| claim.bound.holds(figure.min) != claim.bound.holds(figure.max))
}

/// Other programs took so much of the machine just before that the figures say little.
const BUSY: f64 = 0.10;
/// The slowest run took so many times as long as the fastest: something else was in the way.
const UNSTEADY: f64 = 1.5;

/// Why the figure may say more of the machine than of the programs. Memory does not depend on it.
fn noise(claim: &Claim, work: &WorkResult) -> Option<String> {
    if matches!(claim.quantity, Quantity::Peak | Quantity::PeakAgainst(_)) {
        return None;
    }
    if let Some(busy) = work.busy_before.filter(|busy| *busy > BUSY) {
        return Some(format!("the machine was {:.0} % busy before", busy * 100.0));
    }
    let names = [Some(&claim.subject), named(&claim.quantity).1];
    let spreads = names.into_iter().flatten().filter_map(|name| {
        let seconds = work.contender(name)?.seconds()?;
        Some((name, seconds.max / seconds.min))
    });
    let (name, factor) = spreads.max_by(|one, other| one.1.total_cmp(&other.1))?;
    (factor > UNSTEADY).then(|| format!("runs of {name} differ by {factor:.1}"))
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
        Quantity::ProcessSpeedAgainst(other) => {
            Spread::of_ratio(&work.contender(other)?.process_costs(), &subject.process_costs())
        }
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
    format!("{words} {}", super::table::quantity(quantity_unit(quantity), figure))
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
    use crate::results::Run;

    pub(crate) fn work(contenders: &[(&str, &[f64])]) -> WorkResult {
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
            busy_before: None,
            contenders: contenders.iter().map(contender).collect(),
            findings: Vec::new(),
        }
    }

    fn verdict(quantity: Quantity, bound: Bound, work: &WorkResult) -> Verdict {
        let claim = Claim { subject: "ours".to_owned(), quantity, bound };
        find(&claim, work).verdict
    }

    #[test]
    fn faster_by_the_median() {
        let work = work(&[("ours", &[1.0, 1.0, 9.0]), ("theirs", &[3.0, 3.0, 3.0])]);
        let speed = Quantity::SpeedAgainst("theirs".to_owned());
        let least = Bound::AtLeast;
        assert_eq!(verdict(speed.clone(), least(2.9), &work), Verdict::Reached);
        assert_eq!(verdict(speed, least(3.1), &work), Verdict::Missed);
    }

    #[test]
    fn rounds_that_disagree_leave_a_target_open() {
        let work = work(&[("ours", &[1.0, 1.0, 1.0]), ("theirs", &[1.1, 1.2, 1.3])]);
        let claim = |least| Claim {
            subject: "ours".to_owned(),
            quantity: Quantity::SpeedAgainst("theirs".to_owned()),
            bound: Bound::AtLeast(least),
        };
        assert!(is_open(&claim(1.15), &work) && is_open(&claim(1.25), &work));
        assert!(!is_open(&claim(1.0), &work) && !is_open(&claim(1.5), &work));
    }

    #[test]
    fn a_noisy_run_is_told_from_a_slow_program() {
        let noise = |busy, ours: &[f64]| {
            let mut work = work(&[("ours", ours), ("theirs", &[1.0, 1.1, 1.2])]);
            work.busy_before = busy;
            let claim = Claim {
                subject: "ours".to_owned(),
                quantity: Quantity::SpeedAgainst("theirs".to_owned()),
                bound: Bound::AtLeast(1.0),
            };
            find(&claim, &work).noise
        };
        assert_eq!(noise(Some(0.01), &[2.0, 2.1, 2.2]), None);
        assert_eq!(noise(None, &[2.0, 2.1, 4.0]).unwrap(), "runs of ours differ by 2.0");
        let busy = noise(Some(0.4), &[2.0, 2.1, 2.2]).unwrap();
        assert_eq!(busy, "the machine was 40 % busy before");
    }

    #[test]
    fn a_run_that_lost_a_message_does_not_count() {
        let work = work(&[("ours", &[0.0, 2.0, 0.0])]);
        let two = Bound::AtMost(2.0);
        assert_eq!(verdict(Quantity::Seconds, two, &work), Verdict::Reached);
        assert_eq!(work.contenders[0].seconds().map(|spread| spread.min), Some(2.0));
    }

    #[test]
    fn who_never_finished_has_no_figure() {
        let work = work(&[("ours", &[0.0]), ("theirs", &[1.0])]);
        let one = Bound::AtLeast(1.0);
        let speed = Quantity::SpeedAgainst("theirs".to_owned());
        assert_eq!(verdict(speed, one, &work), Verdict::Unknown);
        let missing = Quantity::SpeedAgainst("nobody".to_owned());
        assert_eq!(verdict(missing, one, &work), Verdict::Unknown);
    }

    #[test]
    fn growth_is_in_multiples_of_the_smaller() {
        let work = work(&[("ours", &[2.2]), ("small", &[2.0])]);
        let flat = Bound::AtMost(1.11);
        for quantity in [Quantity::PeakAgainst, Quantity::CostAgainst] {
            let quantity = quantity("small".to_owned());
            assert_eq!(verdict(quantity, flat, &work), Verdict::Reached);
        }
    }
}
