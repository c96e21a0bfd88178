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
