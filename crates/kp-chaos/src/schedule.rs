//! Which faults come, on which broker and for how long. All of it follows from the seed, so that a
//! run can be repeated.
//!
//! `fastrand` is in the lock file already (for tempfile) and has no dependencies. Its authors do
//! not promise that a seed gives the same numbers in each version, so a test checks some.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use fastrand::Rng;

/// What happens to a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// SIGKILL, and a start.
    Kill,
    /// All its processes stop, and go on.
    Pause,
    /// SIGTERM, and a start.
    Restart,
    /// Off the network, from the other brokers and the clients, and back.
    Cut,
    /// Everything between it and the clients comes later.
    Delay(Duration),
    /// All three are restarted, one after the other.
    Rolling,
    /// It and the next one are killed at once. Two of three must confirm a message, so writes stop.
    KillTwo,
    /// It and the next one stop at once.
    PauseTwo,
}

/// The broker that it happens to, which is looked up when it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    /// The leader of the topic's first partition.
    Leader,
    /// The group's coordinator.
    Coordinator,
    Broker(i32),
}

/// One fault of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    /// The pause before it.
    pub(super) after: Duration,
    pub(super) kind: Kind,
    pub(super) victim: Victim,
    /// How long it lasts, without the time that starting takes.
    pub(super) hold: Duration,
}

/// Every kind comes before one comes again.
const DECK: [Kind; 8] = [
    Kind::Kill,
    Kind::Pause,
    Kind::Restart,
    Kind::Cut,
    Kind::Delay(Duration::ZERO),
    Kind::Rolling,
    Kind::KillTwo,
    Kind::PauseTwo,
];

/// So many faults; the first is the one that matters most, SIGKILL to the leader.
pub(super) fn of(seed: u64, faults: u64) -> Vec<Planned> {
    let mut random = Rng::with_seed(seed);
    let mut deck: Vec<Kind> = Vec::new();
    let mut planned = Vec::new();
    for number in 0..faults {
        if deck.is_empty() {
            deck = DECK.to_vec();
            random.shuffle(&mut deck);
        }
        let drawn = deck.pop().unwrap_or(Kind::Kill);
        let fault = one(&mut random, drawn);
        planned.push(if number == 0 {
            deck.retain(|kind| *kind != Kind::Kill);
            if drawn != Kind::Kill {
                deck.insert(0, drawn);
            }
            Planned {
                kind: Kind::Kill,
                victim: Victim::Leader,
                hold: Duration::from_secs(2),
                ..fault
            }
        } else {
            fault
        });
    }
    planned
}

/// Tells what will come, before it comes.
///
/// # Errors
/// Nobody reads it.
pub(super) fn print(seed: u64, planned: &[Planned], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "   seed {seed}:")?;
    for (number, fault) in (1..).zip(planned) {
        writeln!(out, "   {number:>3}. {fault}")?;
    }
    Ok(())
}

fn one(random: &mut Rng, kind: Kind) -> Planned {
    let victim = match random.u8(0..10) {
        0..5 => Victim::Leader,
        5..8 => Victim::Coordinator,
        _ => Victim::Broker(random.i32(1..=3)),
    };
    let mut between = |least: u64, most: u64| Duration::from_millis(random.u64(least..=most));
    let hold = match kind {
        Kind::Kill | Kind::KillTwo => between(500, 4_000),
        // Shorter and longer than the 3 s after which the others take it for dead.
        Kind::Pause | Kind::PauseTwo | Kind::Cut => between(1_000, 8_000),
        Kind::Delay(_) => between(2_000, 6_000),
        Kind::Restart | Kind::Rolling => between(0, 1_000),
    };
    let after = between(500, 2_500);
    let kind = match kind {
        Kind::Delay(_) => Kind::Delay(between(50, 400)),
        kind => kind,
    };
    Planned { after, kind, victim, hold }
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leader => f.write_str("the leader"),
            Self::Coordinator => f.write_str("the coordinator"),
            Self::Broker(id) => write!(f, "broker {id}"),
        }
    }
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |duration: Duration| format!("{:.1} s", duration.as_secs_f64());
        let (victim, hold) = (self.victim, seconds(self.hold));
        write!(f, "after {}: ", seconds(self.after))?;
        match self.kind {
            Kind::Kill => write!(f, "SIGKILL to {victim}, started {hold} later"),
            Kind::Pause => write!(f, "{victim} stops for {hold}"),
            Kind::Restart => write!(f, "SIGTERM to {victim}, started {hold} after its end"),
            Kind::Cut => write!(f, "{victim} off the network for {hold}"),
            Kind::Delay(delay) => {
                write!(f, "{victim} is {} ms late each way for {hold}", delay.as_millis())
            }
            Kind::Rolling => write!(f, "all brokers restarted, one after the other"),
            Kind::KillTwo => {
                write!(f, "SIGKILL to {victim} and the next one, started {hold} later")
            }
            Kind::PauseTwo => write!(f, "{victim} and the next one stop for {hold}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::discriminant;

    use super::*;

    #[test]
    fn a_seed_makes_the_same_schedule_always() {
        assert_eq!(of(7, 20), of(7, 20));
        assert_ne!(of(7, 20), of(8, 20));
        let printed: Vec<_> = of(1, 4).iter().map(ToString::to_string).collect();
        let expected = [
            "after 0.8 s: SIGKILL to the leader, started 2.0 s later",
            "after 0.5 s: the leader and the next one stop for 2.1 s",
            "after 1.3 s: SIGKILL to the coordinator and the next one, started 0.9 s later",
            "after 1.8 s: broker 3 is 268 ms late each way for 4.2 s",
        ];
        assert_eq!(printed, expected);
    }

    #[test]
    fn a_short_schedule_begins_as_a_long_one_does() {
        assert_eq!(of(7, 20)[..5], of(7, 5));
    }

    #[test]
    fn every_kind_comes_before_one_comes_again() {
        for seed in 0..100 {
            let planned = of(seed, DECK.len() as u64);
            for kind in DECK {
                let times = planned
                    .iter()
                    .filter(|fault| discriminant(&fault.kind) == discriminant(&kind))
                    .count();
                assert_eq!(times, 1, "seed {seed}: {kind:?}");
            }
            assert_eq!((planned[0].kind, planned[0].victim), (Kind::Kill, Victim::Leader));
        }
    }
}
