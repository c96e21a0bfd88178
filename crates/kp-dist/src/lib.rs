//! `install` puts the programs in place, `dist` packs them: both from the same build.
//!
//! ```text
//!  cargo build -> tree (programs, manual pages, completions) -> install: below a prefix
//!                                                            -> dist: archive, SBOM, checksums
//! ```
//! Manual pages and completions come out of the programs themselves, which run as processes.
#![forbid(unsafe_code)]

mod dist;
mod install;
mod tree;

use std::io::Write;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Puts the programs in place, or packs them.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Builds the four programs and puts them in place with manual pages and completions
    Install(install::Args),
    /// Packs the four programs into one archive for this platform, with SBOM and checksums
    Dist(dist::Args),
}

impl Args {
    /// The subcommand that was typed.
    pub fn name(&self) -> &'static str {
        match self.command {
            Command::Install(_) => "install",
            Command::Dist(_) => "dist",
        }
    }
}

/// Runs it as it was called; what there is to say goes to `out`.
///
/// # Errors
/// A program does not build, a folder cannot be written, or a tool is missing.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    match &args.command {
        Command::Install(args) => install::run(args, out),
        Command::Dist(args) => dist::run(args, out),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
        let both = Args::try_parse_from(["xtask", "install", "--uninstall", "--tls"]);
        assert_eq!(both.unwrap_err().kind(), clap::error::ErrorKind::ArgumentConflict);
    }
}
