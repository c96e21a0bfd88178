//! Python with the client of the original's programs, in an environment that is kept for the next
//! time: `target/lab/venv`.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use kp_process::{Call, workspace};

/// As it is typed in the folder of a lab.
pub(crate) const PYTHON: &str = "../venv/bin/python -W ignore";
/// How a reader makes the environment there.
pub(crate) const MADE_BY: &str =
    "python3 -m venv ../venv && ../venv/bin/pip install kafka-python==3.0.12";

const REQUIREMENT: &str = "kafka-python==3.0.12";
const IS_INSTALLED: &str =
    "from importlib.metadata import version as v; assert v('kafka-python') == '3.0.12'";
/// A package index that does not answer must not hold up the other labs.
const INSTALLED_WITHIN: Duration = Duration::from_secs(90);

/// Makes the environment where it is not there yet; says what is missing where that fails.
pub(crate) fn missing() -> Option<String> {
    let folder = workspace::root().join("target/lab/venv");
    let python = folder.join("bin/python");
    if runs(&python, &["-c", IS_INSTALLED]).is_ok() {
        return None;
    }
    let _ = writeln!(
        io::stderr(),
        "lab: making an environment with {REQUIREMENT} in target/lab/venv, for this time and later"
    );
    let made = runs(Path::new("python3"), &["-m", "venv", &folder.to_string_lossy()]);
    if made.is_err() {
        return Some("there is no python3 that can make a venv".to_owned());
    }
    let quietly = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let installed = runs(&python, &[&quietly[..], &["--timeout", "10", REQUIREMENT]].concat());
    installed.err().map(|_| format!("`pip install {REQUIREMENT}` failed"))
}

fn runs(program: &Path, arguments: &[&str]) -> Result<()> {
    let mut running = Call::new(program).args(arguments).start()?;
    running.wait(INSTALLED_WITHIN, || Ok(()))?;
    let finished = running.finish();
    ensure!(finished.code() == Some(0), "{finished}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_same_wherever_it_stands() {
        let (package, version) = REQUIREMENT.split_once("==").unwrap();
        assert!(MADE_BY.ends_with(REQUIREMENT));
        assert!(IS_INSTALLED.contains(&format!("v('{package}') == '{version}'")));
    }
}
