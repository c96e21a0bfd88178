//! Where results, inputs and what the programs said last are kept.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use kp_process::workspace;

/// `target/bench`, made when it is not there.
pub(super) fn folder() -> Result<PathBuf> {
    let folder = workspace::root().join("target/bench");
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(folder)
}
