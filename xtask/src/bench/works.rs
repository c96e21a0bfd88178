//! Everything that is measured.

mod consume;
mod produce;
mod scale;

use anyhow::Result;

pub(super) use produce::{PAYLOAD_LINES, PAYLOADS};

use super::peers::Peers;
use super::plan::Plan;
use super::work::Work;

/// A message is 25 bytes or so in all of them, unless the work is about sizes.
pub(super) fn all(plan: &Plan, peers: &Peers) -> Result<Vec<Work>> {
    let mut works = produce::generated(plan, peers)?;
    works.extend(produce::from_stdin(plan, peers)?);
    works.extend(produce::starting(peers)?);
    works.extend(produce::sizes(plan, peers)?);
    works.extend(consume::all(plan, peers));
    works.extend(scale::all(plan, peers));
    Ok(works)
}

/// Words of a command line.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// `2 M`, `100 k`, `7`.
pub(super) fn short(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        _ if count.is_multiple_of(1_000_000) => format!("{} M", count / 1_000_000),
        _ => format!("{} k", count / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short() {
        let counts = [7, 1_000, 300_000, 2_000_000].map(short);
        assert_eq!(counts, ["7", "1 k", "300 k", "2 M"]);
    }
}
