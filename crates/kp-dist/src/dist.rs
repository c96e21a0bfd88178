//! `dist`: one archive for this platform, the same bytes each time.

mod archive;
mod checksum;
mod sbom;
mod source;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use kp_process::workspace;

use crate::tree::{self, File};
use checksum::Sums;
use source::Source;

/// What to pack.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// With TLS, logins and tokens; OpenSSL is built for it, and the first build takes minutes more
    #[arg(long)]
    tls: bool,
}

/// Of all crates of the workspace.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where the pages and settings lie below the top folder of the archive.
const DOCUMENTATION: &str = "share/doc/kp";

/// In the top folder of the archive.
const SUMS: &str = "SHA256SUMS";

/// Runs the subcommand.
///
/// # Errors
/// A program does not build, cargo-cyclonedx cannot be installed, or `target/dist` not be written.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let source = Source::find()?;
    let mut files = tree::build(args.tls)?;
    let platform = workspace::platform()?;
    writeln!(out, "The programs are built; listing what they are made of ...")?;
    files.extend(sbom::write(args.tls, &platform, source.time)?);
    files.extend(documentation()?);
    // A test and `sha256sum` look for what belongs to a name in its order.
    files.sort();

    let tls = if args.tls { "-tls" } else { "" };
    let name = format!("kp-{VERSION}-{platform}{tls}");
    let folder = workspace::root().join("target/dist");
    let sums = tree::target().join(SUMS);
    write(&sums, &Sums::of(&files)?.to_string())?;
    files.push(File { name: SUMS.to_owned(), source: sums });
    let archive = folder.join(format!("{name}.tar.gz"));
    archive::pack(&archive, &name, &files, source.time)?;
    let packed = File { name: format!("{name}.tar.gz"), source: archive.clone() };
    let sum = folder.join(format!("{name}.tar.gz.sha256"));
    write(&sum, &Sums::of(&[packed])?.to_string())?;

    let size = fs::metadata(&archive)?.len() as f64 / 1e6;
    let shown =
        |path: &Path| path.strip_prefix(workspace::root()).unwrap_or(path).display().to_string();
    writeln!(out, "{}  {size:.1} MB, {} files", shown(&archive), files.len())?;
    writeln!(out, "{}", shown(&sum))?;
    if !args.tls {
        writeln!(out, "Built without TLS and logins: `cargo xtask dist --tls` has them.")?;
    }
    if let Some(remark) = source.remark {
        writeln!(out, "{remark}")?;
    }
    Ok(())
}

/// The licences, the pages and the settings, as they are in the repository.
fn documentation() -> Result<Vec<File>> {
    let root = workspace::root();
    let file = |name: String, source: PathBuf| File { name, source };
    let mut files: Vec<_> =
        ["LICENSE-APACHE", "LICENSE-MIT"].map(|name| file(name.to_owned(), root.join(name))).into();
    files.extend(
        ["README.md", "README.ko.md"]
            .map(|name| file(format!("{DOCUMENTATION}/{name}"), root.join(name))),
    );
    for folder in ["config", "docs"] {
        let listed = fs::read_dir(root.join(folder))
            .with_context(|| format!("cannot read the folder {folder}"))?;
        for entry in listed {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_str().context("a page has a name that is no text")?;
            // What an editor leaves does not belong there.
            if [".md", ".svg", ".toml"].iter().any(|ending| name.ends_with(ending)) {
                files.push(file(format!("{DOCUMENTATION}/{folder}/{name}"), entry.path()));
            }
        }
    }
    Ok(files)
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
