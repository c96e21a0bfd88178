//! The exponent of a distribution: a decimal number.

use std::fmt;
use std::str::FromStr;

use crate::rate::decimal;

const PARTS: u64 = 1_000;

/// A decimal number from 0 to 10 with three decimals at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exponent {
    thousandths: u64,
}

/// A text that is no exponent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", Exponent::EXPECTED)]
pub struct InvalidExponent;

impl Exponent {
    pub(crate) const EXPECTED: &'static str =
        "a number from 0 to 10 with three decimals at most, such as 1 or 0.99";

    /// Its value.
    #[must_use]
    pub fn value(self) -> f64 {
        self.thousandths as f64 / PARTS as f64
    }
}

impl FromStr for Exponent {
    type Err = InvalidExponent;

    fn from_str(text: &str) -> Result<Self, InvalidExponent> {
        decimal(text, PARTS)
            .filter(|thousandths| *thousandths <= 10 * PARTS)
            .map(|thousandths| Self { thousandths })
            .ok_or(InvalidExponent)
    }
}

impl fmt::Display for Exponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponent_is_read_as_it_is_displayed() {
        for text in ["0", "1", "1.1", "0.99", "1.001", "10"] {
            assert_eq!(text.parse::<Exponent>().unwrap().to_string(), text);
        }
        for wrong in ["", "-1", "10.1", "1.0001", "1e1", ".5", "a"] {
            assert_eq!(wrong.parse::<Exponent>(), Err(InvalidExponent), "{wrong}");
        }
    }
}
