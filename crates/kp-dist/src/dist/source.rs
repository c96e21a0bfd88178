//! From which state of the repository something is made, and of when that is.

use std::env;

use anyhow::{Context, Result};
use kp_process::workspace;
use xshell::cmd;

/// What is packed.
pub(crate) struct Source {
    /// In seconds since 1970. All files of an archive have this time.
    pub(crate) time: u64,
    /// What somebody who passes the archive on should know.
    pub(crate) remark: Option<String>,
}

/// Outside a repository; tar and zip both know 1980.
const NO_TIME: u64 = 315_532_800;

impl Source {
    /// The one in the workspace's folder. `SOURCE_DATE_EPOCH`, as other tools know it, is the time.
    ///
    /// # Errors
    /// That variable is no number.
    pub(crate) fn find() -> Result<Self> {
        let shell = workspace::shell()?;
        let git = |arguments: &[&str]| {
            cmd!(shell, "git {arguments...}").quiet().ignore_stderr().read().ok()
        };
        let committed = git(&["log", "-1", "--format=%ct"]).and_then(|time| time.parse().ok());
        let time = match env::var("SOURCE_DATE_EPOCH") {
            Ok(typed) => typed.parse().context(
                "SOURCE_DATE_EPOCH is no number of seconds since 1970; without it the time of the last commit counts",
            )?,
            Err(_) => committed.unwrap_or(NO_TIME),
        };
        let remark = match git(&["status", "--porcelain"]) {
            Some(changed) if changed.is_empty() => None,
            Some(_) => Some("It holds changes that are not committed."),
            None => Some("There is no git here: nobody can tell from which commit it is."),
        };
        Ok(Self { time, remark: remark.map(str::to_owned) })
    }
}
