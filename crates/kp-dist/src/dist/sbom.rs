//! What each program is made of, as CycloneDX: written by cargo-cyclonedx.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use kp_process::workspace;
use xshell::{Shell, cmd};

use crate::tree::{self, File};

/// The version that is called, as another one may write another list. Its name is in the list.
const TOOL: &str = "0.5.9";

/// What the tool calls the list of each crate, beside the crate's own Cargo.toml: it knows no other
/// place.
const LIST: &str = "kp-sbom";

/// Writes the list of each program, the same each time.
///
/// # Errors
/// cargo-cyclonedx cannot be installed, or fails.
pub(crate) fn write(tls: bool, platform: &str, time: u64) -> Result<Vec<File>> {
    let shell = workspace::shell()?;
    let tool = tool(&shell)?;
    let lists = Lists::of_all_crates(&shell)?;
    let with = |program: &&str| tls && *program != "kp-broker";
    let features: Vec<String> = workspace::PROGRAMS
        .into_iter()
        .filter(with)
        .flat_map(|program| ["--features".to_owned(), format!("{program}/tls")])
        .collect();
    cmd!(
        shell,
        "{tool} cyclonedx --quiet --format json --spec-version 1.5 --target {platform}
         --override-filename {LIST} {features...}"
    )
    .env("SOURCE_DATE_EPOCH", time.to_string())
    .quiet()
    .run()
    .context(
        "cargo-cyclonedx cannot list what the programs are made of; its reason stands above",
    )?;
    let folder = tree::target().join("sbom");
    shell.create_dir(&folder)?;
    let mut files = Vec::new();
    for program in workspace::PROGRAMS {
        let list = shell.read_file(lists.of(program)?)?;
        let source = folder.join(format!("{program}.cdx.json"));
        shell.write_file(&source, without_place(&list, workspace::root()))?;
        files.push(File { name: format!("sbom/{program}.cdx.json"), source });
    }
    Ok(files)
}

/// The crates of the workspace are named by their folders, which are elsewhere on each machine.
fn without_place(list: &str, root: &Path) -> String {
    list.replace(&format!("file://{}", root.display()), "file:///kp")
}

/// The tool; it is installed beside the build when it is missing.
fn tool(shell: &Shell) -> Result<PathBuf> {
    let folder = workspace::root().join(format!("target/tools/cargo-cyclonedx-{TOOL}"));
    let tool = folder.join("bin/cargo-cyclonedx");
    if !tool.exists() {
        let cargo = workspace::cargo();
        cmd!(
            shell,
            "{cargo} install --quiet --locked cargo-cyclonedx --version {TOOL} --root {folder}"
        )
        .quiet()
        .run()
        .context("cannot install cargo-cyclonedx, which lists what the programs are made of")?;
    }
    Ok(tool)
}

/// The files that the tool writes among the sources. They go when this goes.
struct Lists(Vec<PathBuf>);

impl Lists {
    fn of_all_crates(shell: &Shell) -> Result<Self> {
        let mut crates = shell.read_dir(workspace::root().join("crates"))?;
        crates.push(workspace::root().join("xtask"));
        Ok(Self(crates.iter().map(|each| each.join(format!("{LIST}.json"))).collect()))
    }

    fn of(&self, program: &str) -> Result<&Path> {
        let ending = Path::new(program).join(format!("{LIST}.json"));
        match self.0.iter().find(|path| path.ends_with(&ending)) {
            Some(list) => Ok(list),
            None => bail!("there is no crate named {program}"),
        }
    }
}

impl Drop for Lists {
    fn drop(&mut self) {
        for list in &self.0 {
            // One that was not written is not there.
            let _ = fs::remove_file(list);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_the_workspace_is_not_in_a_list() {
        let list = r#"{"bom-ref":"path+file:///home/you/kp/crates/kp-cli#0.1.0"}"#;
        let expected = r#"{"bom-ref":"path+file:///kp/crates/kp-cli#0.1.0"}"#;
        assert_eq!(without_place(list, Path::new("/home/you/kp")), expected);
    }

    #[test]
    fn every_program_has_a_list_and_none_is_left_among_the_sources() {
        let lists = Lists::of_all_crates(&workspace::shell().unwrap()).unwrap();
        for program in workspace::PROGRAMS {
            assert!(!lists.of(program).unwrap().exists());
        }
        lists.of("kp-none").unwrap_err();
    }
}
