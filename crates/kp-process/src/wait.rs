//! Waiting for a condition, with a deadline, or for a time to pass. Ctrl-C ends both.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::interrupt::Interrupt;

const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// A check that is made again and again during a wait; its failure ends the wait.
pub type Meanwhile<'a> = &'a mut dyn FnMut() -> Result<()>;

/// Returns as soon as the condition holds; looks every 20 ms. `what` ends the sentence "waited 5 s
/// until" of the error.
///
/// # Errors
/// It does not hold within `patience`, looking at it failed, or the user wants an end.
pub fn until(
    what: &str,
    patience: Duration,
    interrupt: &Interrupt,
    mut holds: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let started = Instant::now();
    loop {
        interrupt.check()?;
        if holds()? {
            return Ok(());
        }
        if started.elapsed() > patience {
            bail!("waited {} s until {what}", patience.as_secs());
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}

/// Lets this time pass: the length of a fault, for instance, or the pause before one.
///
/// # Errors
/// `meanwhile` failed, or the user wants an end.
pub fn pass(duration: Duration, interrupt: &Interrupt, meanwhile: Meanwhile<'_>) -> Result<()> {
    let started = Instant::now();
    loop {
        interrupt.check()?;
        meanwhile()?;
        let left = duration.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Ok(());
        }
        thread::sleep(left.min(BETWEEN_LOOKS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_waited_for_and_not_forever() {
        let interrupt = Interrupt::already(false);
        let mut looks = 0;
        until("the third look", Duration::from_secs(10), &interrupt, || {
            looks += 1;
            Ok(looks == 3)
        })
        .unwrap();
        let error = until("never", Duration::ZERO, &interrupt, || Ok(false)).unwrap_err();
        assert_eq!(error.to_string(), "waited 0 s until never");
    }

    #[test]
    fn an_interrupt_ends_every_wait() {
        let interrupt = Interrupt::already(true);
        let hour = Duration::from_secs(3600);
        assert!(until("never", hour, &interrupt, || Ok(false)).is_err());
        assert!(pass(hour, &interrupt, &mut || Ok(())).is_err());
    }

    #[test]
    fn what_fails_meanwhile_ends_the_pause() {
        let hour = Duration::from_secs(3600);
        let interrupt = Interrupt::already(false);
        let error = pass(hour, &interrupt, &mut || bail!("the producer has ended")).unwrap_err();
        assert_eq!(error.to_string(), "the producer has ended");
    }
}
