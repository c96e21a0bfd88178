//! Numbers of partitions, as `0,2-4`.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// No topic has as many partitions as this, which is why a range may be spelled out.
const MOST: i32 = 1_000_000;

/// Some of a topic's partitions. What is read from a text has one at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partitions(BTreeSet<i32>);

/// A text that names no partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", Partitions::EXPECTED)]
pub struct InvalidPartitions;

impl Partitions {
    pub(crate) const EXPECTED: &'static str = "numbers of partitions, such as 0 or 0,2-4";

    /// Whether this partition is one of them.
    #[must_use]
    pub fn has(&self, partition: i32) -> bool {
        self.0.contains(&partition)
    }

    /// Their numbers, in order.
    pub fn numbers(&self) -> impl Iterator<Item = i32> {
        self.0.iter().copied()
    }
}

impl FromIterator<i32> for Partitions {
    fn from_iter<I: IntoIterator<Item = i32>>(numbers: I) -> Self {
        Self(numbers.into_iter().collect())
    }
}

impl FromStr for Partitions {
    type Err = InvalidPartitions;

    fn from_str(text: &str) -> Result<Self, InvalidPartitions> {
        let mut numbers = BTreeSet::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = number(first).zip(number(last)).ok_or(InvalidPartitions)?;
            if first > last {
                return Err(InvalidPartitions);
            }
            numbers.extend(first..=last);
        }
        Ok(Self(numbers))
    }
}

fn number(digits: &str) -> Option<i32> {
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| is_plain && *number < MOST)
}

impl fmt::Display for Partitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut runs: Vec<(i32, i32)> = Vec::new();
        for number in self.numbers() {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == number => *last = number,
                _ => runs.push((number, number)),
            }
        }
        for (index, (first, last)) in runs.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match first == last {
                true => write!(f, "{comma}{first}")?,
                false => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_are_read_and_shown_in_order() {
        for (text, shown) in [("0", "0"), ("4,0", "0,4"), ("2-4,0,3", "0,2-4"), ("7-7", "7")] {
            let read: Partitions = text.parse().unwrap();
            assert_eq!(read.to_string(), shown);
            assert_eq!(shown.parse(), Ok(read));
        }
        for not in ["", ",", "0,", "-1", "1-", "4-2", "a", "0 1", "+1", "1000000"] {
            assert!(not.parse::<Partitions>().is_err(), "{not}");
        }
    }
}
