//! The words by which users are named on the command line.

use clap::ValueEnum;
use kp_client::admin::ScramMechanism;

/// How a password is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Mechanism {
    #[value(name = "SCRAM-SHA-256")]
    Sha256,
    #[value(name = "SCRAM-SHA-512")]
    Sha512,
}

impl From<Mechanism> for ScramMechanism {
    fn from(mechanism: Mechanism) -> Self {
        match mechanism {
            Mechanism::Sha256 => Self::Sha256,
            Mechanism::Sha512 => Self::Sha512,
        }
    }
}

pub(super) fn user_name(name: &str) -> Result<String, String> {
    match name.strip_prefix("User:") {
        Some(plain) => Err(format!("a user's name has no type here: {plain}")),
        None if name.is_empty() => Err("an empty name".to_owned()),
        None => Ok(name.to_owned()),
    }
}
