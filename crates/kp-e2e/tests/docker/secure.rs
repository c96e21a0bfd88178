//! A broker with TLS, logins and ACLs, and the programs built for it.
//!
//! ```text
//!  keys.rs  an authority and the certificates that it signs
//!    -> broker.rs  one container with a listener for each case
//!         -> certificates.rs, logins.rs  what fails, in words
//!            acls.rs    what the table in docs/SECURITY.md promises
//!            canary.rs  no secret shows
//!            doctor.rs  the way to the broker, with each part of it broken
//!            prompt.rs  a password that is typed
//!            tokens.rs  a login by OpenID Connect
//!            users.rs   a user that kp made logs in
//! ```

mod acls;
mod broker;
mod canary;
mod certificates;
mod doctor;
mod ends;
mod keys;
mod logins;
mod prompt;
mod tokens;
mod users;

use std::time::Duration;

use kp_e2e::Finished;

pub(crate) use broker::User;

/// A refusal has to be told within so long.
const SOON: Duration = Duration::from_secs(10);

/// Makes sure that a call was refused soon, in one sentence with these words.
#[track_caller]
pub(crate) fn is_refused(ended: Finished, words: &[&str]) -> Finished {
    let ended = ended.exits(4).says(words);
    assert!(ended.elapsed < SOON, "too late: {ended}");
    let lines: Vec<_> = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with("kp-") && !line.contains(": warning: "))
        .collect();
    assert_eq!(lines.len(), 1, "more than a sentence: {ended}");
    assert!(lines[0].contains("; "), "nothing to change: {ended}");
    ended
}
