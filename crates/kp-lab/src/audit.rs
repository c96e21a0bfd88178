//! What `kp-admin audit` says, read from the table that a reader sees.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::stage::Stage;

/// The counts, by the names of their rows; `acknowledged/LOST` is the row below `acknowledged`.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Audit(BTreeMap<String, u64>);

impl Stage<'_> {
    /// Compares a ledger with what is stored.
    ///
    /// # Errors
    /// The audit could not be made. A broken promise is none.
    pub(crate) fn audit(&mut self, ledger: &str) -> Result<Audit> {
        let finished = self.run_whatever_comes(&format!("kp-admin audit {ledger}"))?;
        // 5 says that a promise was broken.
        let finished = if finished.code() == Some(5) { finished } else { finished.exits(0)? };
        Audit::read(&finished.text()).context("kp-admin gave no audit")
    }
}

impl Audit {
    fn read(said: &str) -> Option<Self> {
        let (_, rows) = said.split_once("RECORDS")?;
        let (mut counts, mut above) = (BTreeMap::new(), String::new());
        for line in rows.lines().skip(1).take_while(|line| !line.starts_with("Promised")) {
            let (name, count) = line.trim_end().rsplit_once(' ')?;
            let below = name.starts_with(' ');
            let name = name.trim();
            let name = if below { format!("{above}/{name}") } else { name.to_owned() };
            if !below {
                above.clone_from(&name);
            }
            counts.insert(name, count.parse().ok()?);
        }
        counts.contains_key("attempted").then_some(Self(counts))
    }

    /// The count of a row; a row that is left out has none to count.
    pub(crate) fn count(&self, row: &str) -> u64 {
        self.0.get(row).copied().unwrap_or_default()
    }

    /// Of what this ledger tried to send, how much is stored, whether or not that was known.
    pub(crate) fn stored(&self) -> u64 {
        let fates =
            ["acknowledged/stored", "failed/stored all the same", "without a report/stored"];
        fates.iter().map(|fate| self.count(fate)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_those_above_them() {
        let said = "a.ledger (1 run) against orders, read by kp\nRECORDS             COUNT\n\
            attempted            5000\nacknowledged         4000\n  stored             3990\n  \
            LOST                 10\nwithout a report     1000\n  stored             600\n\
            stored twice            7\nPromised (acks-1): an acknowledged record is ...\n";
        let audit = Audit::read(said).unwrap();
        assert_eq!(audit.count("acknowledged/LOST"), 10);
        assert_eq!(audit.stored(), 4590);
        assert_eq!(audit.count("stored twice"), 7);
        assert_eq!(audit.count("out of order"), 0);
        assert_eq!(Audit::read("kp-admin: no such file"), None);
    }
}
