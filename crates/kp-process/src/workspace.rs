//! The workspace's folder, and the programs that are built from it.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xshell::{Shell, cmd};

/// The programs that users run.
pub const PROGRAMS: [&str; 4] = ["kp-broker", "kp-producer", "kp-consumer", "kp-admin"];

/// The top folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("this crate is in a folder of the workspace's crates")
}

/// `target/kp`, made when it is not there: logs and process ids of what runs in the background.
///
/// # Errors
/// The folder cannot be made.
pub fn state_folder() -> Result<PathBuf> {
    let folder = root().join("target/kp");
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(folder)
}

/// A shell in the top folder.
///
/// # Errors
/// The current folder is gone.
pub fn shell() -> Result<Shell> {
    let shell = Shell::new()?;
    shell.change_dir(root());
    Ok(shell)
}

/// The cargo that runs this program.
pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The platform that is built for: `x86_64-unknown-linux-gnu`.
///
/// # Errors
/// rustc does not run.
pub fn platform() -> Result<String> {
    let shell = shell()?;
    let version = cmd!(shell, "rustc -vV").quiet().read()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what it compiles for")
}

/// Builds these programs in one call of cargo, and says where each one is.
///
/// # Errors
/// A program does not build; cargo has said why.
pub fn build(programs: &[&str]) -> Result<BTreeMap<String, PathBuf>> {
    build_in_profile("dev", programs)
}

/// Builds these programs as [`build`] does, but as they are meant to be used: optimized.
///
/// # Errors
/// A program does not build; cargo has said why.
pub fn build_release(programs: &[&str]) -> Result<BTreeMap<String, PathBuf>> {
    build_in_profile("release", programs)
}

fn build_in_profile(profile: &str, programs: &[&str]) -> Result<BTreeMap<String, PathBuf>> {
    let shell = shell()?;
    let cargo = cargo();
    let packages = programs.iter().flat_map(|program| ["-p", program]);
    let messages = cmd!(
        shell,
        "{cargo} build --profile {profile} --bins {packages...} --message-format=json-render-diagnostics"
    )
    .quiet()
    .read()
    .context("the programs do not build; what cargo says stands above")?;

    let built: BTreeMap<_, _> = messages.lines().filter_map(executable).collect();
    for program in programs {
        ensure!(built.contains_key(*program), "cargo built no program named {program}");
    }
    Ok(built)
}

/// The programs that lie built in this folder.
///
/// # Errors
/// One is missing.
pub fn built_in(folder: &Path) -> Result<BTreeMap<String, PathBuf>> {
    // The programs run in other folders than this one.
    let folder = env::current_dir()?.join(folder);
    let mut programs = BTreeMap::new();
    for program in PROGRAMS {
        let path = folder.join(program);
        ensure!(
            path.is_file(),
            "there is no {program} in {}; without --programs they are built",
            folder.display()
        );
        programs.insert(program.to_owned(), path);
    }
    Ok(programs)
}

/// The program that a message of cargo tells about, if it does.
pub fn executable(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let path = message.get("executable")?.as_str()?;
    let name = message.get("target")?.get("name")?.as_str()?;
    Some((name.to_owned(), path.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_are_not_there_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = built_in(folder.path()).unwrap_err().to_string();
        assert!(error.contains("there is no kp-broker in"), "{error}");
        for program in PROGRAMS {
            fs::write(folder.path().join(program), "").unwrap();
        }
        assert_eq!(built_in(folder.path()).unwrap().len(), 4);
    }

    #[test]
    fn a_program_is_found_in_what_cargo_says() {
        let program = r#"{"reason":"compiler-artifact","target":{"name":"kp-admin"},"executable":"/t/debug/kp-admin","fresh":true}"#;
        assert_eq!(executable(program), Some(("kp-admin".to_owned(), "/t/debug/kp-admin".into())));
        let library =
            r#"{"reason":"compiler-artifact","target":{"name":"kp_cli"},"executable":null}"#;
        assert_eq!(executable(library), None);
        assert_eq!(executable("warning: not JSON at all"), None);
    }
}
