//! Waiting until the brokers of a stack can be used without a further wait.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::kafka::protocol::{
    connect_within, coordinator_of, has_producer_ids, one_group_per_partition, served_groups,
};

/// The first start of an image on a slow machine; 3 to 8 s are usual.
const PATIENCE: Duration = Duration::from_secs(90);
const BETWEEN_TRIES: Duration = Duration::from_millis(50);
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Returns once every broker answers and gives producer ids, and all consumer groups have a
/// coordinator that is ready.
///
/// `still_running` is called about once a second.
///
/// # Errors
/// Those of `still_running`, or the last reason when the time is up.
pub fn wait_for_brokers(
    ports: &[u16],
    mut still_running: impl FnMut() -> Result<()>,
) -> Result<()> {
    let started = Instant::now();
    let mut looked = started;
    loop {
        let missing = match what_is_missing(ports) {
            Ok(None) => return Ok(()),
            Ok(Some(missing)) => missing,
            Err(error) => format!("{error:#}"),
        };
        if started.elapsed() > PATIENCE {
            bail!("the broker did not become ready within {} s: {missing}", PATIENCE.as_secs());
        }
        if looked.elapsed() > BETWEEN_LOOKS {
            still_running()?;
            looked = Instant::now();
        }
        thread::sleep(BETWEEN_TRIES);
    }
}

/// What the next client would have to wait for.
fn what_is_missing(ports: &[u16]) -> Result<Option<String>> {
    let groups = one_group_per_partition();
    let mut unserved: BTreeSet<String> = groups.iter().cloned().collect();
    for port in ports {
        let mut broker = connect_within(&format!("127.0.0.1:{port}"), ANSWER_WITHIN)?;
        // Each broker is asked, so that none is missing; the first one to be asked makes the topic.
        if coordinator_of(&mut broker, &groups[0])?.is_some() {
            for group in served_groups(&mut broker, &groups)? {
                unserved.remove(&group);
            }
        }
        if !has_producer_ids(&mut broker)? {
            return Ok(Some("no producer ids yet".to_owned()));
        }
    }
    let missing = unserved.len();
    Ok((missing > 0)
        .then(|| format!("{missing} of the 50 partitions of the offsets topic have no broker yet")))
}
