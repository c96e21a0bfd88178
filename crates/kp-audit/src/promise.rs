//! What each way of sending promises, so that an audit can check it.

use std::fmt;
use std::str::FromStr;

/// What was promised of the records that count as acknowledged. Every promise includes that a
/// record arrives as it was sent, and that nothing is stored which was never sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// acks=0: nothing; "acknowledged" means handed to the network.
    Nothing,
    /// acks=1: the leader had it; lost when the leader dies before a follower has it.
    Leader,
    /// acks=all without idempotence: not lost while `min.insync.replicas` brokers keep their disks;
    /// perhaps twice, perhaps out of order.
    Stored,
    /// acks=all and idempotent: not lost, once, in order in each partition.
    Once,
    /// Transactional: the same, and each transaction is seen as a whole or not at all.
    Transactions,
}

impl Promise {
    /// All, from the weakest.
    pub const ALL: [Self; 5] =
        [Self::Nothing, Self::Leader, Self::Stored, Self::Once, Self::Transactions];

    /// Its name in ledgers and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "acks-0",
            Self::Leader => "acks-1",
            Self::Stored => "acks-all",
            Self::Once => "idempotent",
            Self::Transactions => "transactional",
        }
    }

    /// What it means, as it reads on after "an acknowledged record is".
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Nothing => "not promised to be stored",
            Self::Leader => "stored, unless its leader dies before a follower has it",
            Self::Stored => "stored; perhaps twice, perhaps out of order",
            Self::Once => "stored, once, in order in its partition",
            Self::Transactions => {
                "stored, once, in order, and its transaction as a whole or not at all"
            }
        }
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no promise.
#[derive(Debug, thiserror::Error)]
#[error("expected one of acks-0, acks-1, acks-all, idempotent, transactional")]
pub struct UnknownPromise;

impl FromStr for Promise {
    type Err = UnknownPromise;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|promise| promise.name() == name).ok_or(UnknownPromise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_the_error_lists_them_all() {
        for promise in Promise::ALL {
            assert_eq!(promise.to_string().parse::<Promise>().unwrap(), promise);
            assert!(UnknownPromise.to_string().contains(promise.name()));
        }
    }
}
