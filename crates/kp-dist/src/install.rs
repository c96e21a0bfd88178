//! `install`: the programs, their manual pages and completions, below a prefix.

mod place;
mod reach;

use std::collections::BTreeMap;
use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::tree;
use place::Prefix;
use reach::Surroundings;

/// What to put where.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder that gets bin/ and share/, such as /usr/local [default: ~/.local]
    #[arg(long, value_name = "DIR")]
    prefix: Option<PathBuf>,
    /// With TLS, logins and tokens; OpenSSL is built for it, and the first build takes minutes more
    #[arg(long)]
    tls: bool,
    /// Remove what an earlier `install` put there
    #[arg(long, conflicts_with = "tls")]
    uninstall: bool,
}

/// Runs the subcommand.
///
/// # Errors
/// A program does not build, or the prefix cannot be written.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let prefix = match &args.prefix {
        // As the caller's shell understands it; the scripts name it afterwards.
        Some(typed) => std::path::absolute(typed)
            .with_context(|| format!("--prefix {} is no folder", typed.display()))?,
        None => env::home_dir()
            .filter(|home| home.is_absolute())
            .context("HOME does not say where your folder is; --prefix names one")?
            .join(".local"),
    };
    let prefix = Prefix::at(prefix);
    if args.uninstall {
        let removed = prefix.remove()?;
        writeln!(out, "Removed {removed} files of kp from {}.", prefix.folder().display())?;
        return Ok(());
    }
    // Before the build, which takes minutes.
    prefix.ensure_writable()?;
    let files = tree::build(args.tls)?;
    prefix.put(&files)?;
    say(&prefix, &files, out)?;
    if !args.tls {
        writeln!(out, "Built without TLS and logins: `cargo xtask install --tls` has them.")?;
    }
    for advice in Surroundings::of_this_process().missing(prefix.folder()) {
        writeln!(out, "{advice}")?;
    }
    Ok(())
}

/// What is where now, a line a folder.
fn say(prefix: &Prefix, files: &[tree::File], out: &mut dyn Write) -> Result<()> {
    let mut folders: BTreeMap<&Path, Vec<&str>> = BTreeMap::new();
    for file in files {
        let path = Path::new(&file.name);
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        folders.entry(path.parent().unwrap_or(path)).or_default().push(name);
    }
    writeln!(out, "Installed in {}:", prefix.folder().display())?;
    for (folder, names) in folders {
        let shown = folder.display();
        if folder == Path::new(tree::PROGRAMS) {
            writeln!(out, "  {shown}: {}", names.join(", "))?;
        } else {
            writeln!(out, "  {shown}: {} files", names.len())?;
        }
    }
    Ok(())
}
