//! What is drawn by chance, so that it can be drawn again.

use anyhow::Context as _;
use rand::SeedableRng as _;

/// A generator that makes the same numbers from the same seed, everywhere.
pub(crate) type Chance = rand::rngs::Xoshiro256PlusPlus;

/// The generator of a seed. Those of different purposes are independent of each other.
pub(crate) fn from_seed(seed: u64, purpose: u64) -> Chance {
    Chance::seed_from_u64(seed ^ purpose)
}

/// A seed that nobody chose; `--seed` takes each of them.
///
/// # Errors
/// The system has no random number.
pub(crate) fn any_seed() -> anyhow::Result<u64> {
    Ok(getrandom::u64().context("the system gives no random number")? >> 1)
}
