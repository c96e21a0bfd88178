//! Offsets that nobody can read yet, because a transaction is open in front of them.

use std::fmt::Write as _;

/// How many partitions are named.
const NAMED: usize = 3;

/// What an open transaction hides in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hidden {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    /// The first offset that cannot be read: where the transaction begins.
    pub(crate) from: i64,
    /// The end of the partition.
    pub(crate) end: i64,
}

/// As it reads after "a transaction is open in": `t [0] from offset 3 on (8 offsets)`.
pub(crate) fn places(hidden: &[Hidden]) -> String {
    let mut text = String::new();
    for (index, one) in hidden.iter().take(NAMED).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let count = one.end - one.from;
        let plural = if count == 1 { "" } else { "s" };
        let _ = write!(
            text,
            "{comma}{} [{}] from offset {} on ({count} offset{plural})",
            one.topic, one.partition, one.from
        );
    }
    match hidden.len().saturating_sub(NAMED) {
        0 => text,
        1 => text + " and in another partition",
        more => format!("{text} and in {more} other partitions"),
    }
}

/// What is hidden, and until when.
pub(crate) fn sentence(hidden: &[Hidden]) -> String {
    format!(
        "a transaction is open in {}: what stands behind it cannot be read before its producer \
         commits or aborts it, or the broker aborts it after the producer's transaction.timeout.ms",
        places(hidden)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(partition: i32, end: i64) -> Hidden {
        Hidden { topic: "t".to_owned(), partition, from: 3, end }
    }

    #[test]
    fn the_first_partitions_are_named_and_the_others_counted() {
        let one = [hidden(0, 11)];
        assert_eq!(places(&one), "t [0] from offset 3 on (8 offsets)");
        let many: Vec<_> = (0..5).map(|partition| hidden(partition, 4)).collect();
        assert_eq!(
            places(&many),
            "t [0] from offset 3 on (1 offset), t [1] from offset 3 on (1 offset), \
             t [2] from offset 3 on (1 offset) and in 2 other partitions"
        );
        assert!(places(&many[..4]).ends_with(" and in another partition"));
    }
}
