//! What `--from` does to the offsets that a group has committed, in words.

use std::fmt::Write as _;

use kp_settings::StartAt;

use super::{Consumer, Membership};

/// So many partitions are named.
const NAMED: usize = 3;

/// A partition whose committed offset becomes another.
#[derive(Debug, PartialEq, Eq)]
struct Move<'a> {
    topic: &'a str,
    partition: i32,
    from: i64,
    to: i64,
}

impl Consumer {
    /// Warns where `--from` moves what the group has committed: messages would be read again, or
    /// never.
    pub(super) fn tell_moves(&self, starts: &[(String, i32, Option<i64>)]) {
        if self.membership == Membership::Alone
            || self.from == StartAt::Stored
            || self.follows_group
        {
            return;
        }
        let moved = starts.iter().filter(|(_, _, start)| start.is_some());
        let moved: Vec<_> =
            moved.map(|(topic, partition, _)| (topic.clone(), *partition)).collect();
        if moved.is_empty() {
            return;
        }
        // A consumer that cannot ask may not read either, and is told so soon.
        let Ok(committed) = self.connection.client.committed(&moved, self.connection.patience)
        else {
            return;
        };
        let moves: Vec<Move<'_>> = starts
            .iter()
            .filter_map(|(topic, partition, start)| {
                let from = *committed.get(&(topic.clone(), *partition))?;
                Some((topic, *partition, from, (*start)?))
            })
            .filter(|(_, _, from, to)| from != to)
            .map(|(topic, partition, from, to)| Move { topic, partition, from, to })
            .collect();
        if let Some(words) = words(&self.group, self.from, &moves) {
            tracing::warn!("{words}");
        }
    }
}

/// One line for all of them.
fn words(group: &str, from: StartAt, moves: &[Move<'_>]) -> Option<String> {
    let (forward, back): (Vec<_>, Vec<_>) = moves.iter().partition(|one| one.to > one.from);
    let mut text = format!("--from {from} moves what group {group} has committed: ");
    let sides = [(back, "back", "again"), (forward, "forward", "by nobody")];
    let told: Vec<String> = sides
        .into_iter()
        .filter(|(moves, ..)| !moves.is_empty())
        .map(|(moves, direction, outcome)| side(&moves, direction, outcome))
        .collect();
    if told.is_empty() {
        return None;
    }
    text.push_str(&told.join("; "));
    Some(text)
}

/// As `back in t [0] from 10 to 0, so that 10 messages are read again`.
fn side(moves: &[&Move<'_>], direction: &str, outcome: &str) -> String {
    let mut text = String::from(direction);
    for (index, one) in moves.iter().take(NAMED).enumerate() {
        let Move { topic, partition, from, to } = one;
        let comma = if index == 0 { " in" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma} {topic} [{partition}] from {from} to {to}");
    }
    match moves.len().saturating_sub(NAMED) {
        0 => {}
        1 => text.push_str(", and in 1 more partition"),
        more => {
            let _ = write!(text, ", and in {more} more partitions");
        }
    }
    let offsets: i64 = moves.iter().map(|one| (one.to - one.from).abs()).sum();
    let unit = if offsets == 1 { "offset is" } else { "offsets are" };
    let _ = write!(text, ", so that {offsets} {unit} read {outcome}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(partition: i32, from: i64, to: i64) -> Move<'static> {
        Move { topic: "t", partition, from, to }
    }

    #[test]
    fn one_move_is_told_from_where_to_where() {
        assert_eq!(
            words("g", StartAt::Earliest, &[moved(0, 2150, 0)]).unwrap(),
            "--from earliest moves what group g has committed: back in t [0] from 2150 to 0, so that 2150 offsets are read again"
        );
        assert_eq!(words("g", StartAt::Earliest, &[]), None);
    }

    #[test]
    fn many_moves_are_one_line_and_each_direction_is_told() {
        let mut moves: Vec<_> = (0..100).map(|partition| moved(partition, 10, 5)).collect();
        moves.push(moved(100, 4, 5));
        assert_eq!(
            words("g", StartAt::Offset(5), &moves).unwrap(),
            "--from 5 moves what group g has committed: back in t [0] from 10 to 5, t [1] from 10 to 5, t [2] from 10 to 5, and \
             in 97 more partitions, so that 500 offsets are read again; forward in t [100] from 4 to 5, so that 1 offset is \
             read by nobody"
        );
    }
}
