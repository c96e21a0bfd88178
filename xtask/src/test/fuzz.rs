//! `fuzz`: a fuzz target under libFuzzer, which looks for inputs that reach new code and break what the target asserts.
//!
//! `cargo bolero test` would build every test of the crate for libFuzzer, and those without a fuzz target do not link; this builds
//! the one test that has them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::cli::FuzzArgs;
use crate::workspace;

/// What makes the compiler count which code was reached, and bolero hand the target to libFuzzer.
const FLAGS: [&str; 8] = [
    "--cfg fuzzing",
    "--cfg fuzzing_libfuzzer",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-sanitizer-coverage-stack-depth",
];

/// Runs the subcommand.
///
/// # Errors
/// There is no such target, it does not build, or an input breaks it: which one, stands above.
pub(crate) fn run(args: &FuzzArgs) -> Result<()> {
    let target = &args.target;
    let (package, folder) = find(target)?;
    let shell = workspace::shell()?;
    let test = build(&shell, &package)?;
    let found = workspace::root().join("target/fuzz/found").join(target);
    let (corpus, crashes) = (folder.join("corpus"), folder.join("crashes"));
    for folder in [&found, &corpus, &crashes] {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let (found, corpus) = (found.display(), corpus.display());
    let look = format!(
        "{found} {corpus} -artifact_prefix={}/ -max_total_time={} -timeout=20 -max_len=512",
        crashes.display(),
        args.seconds
    );
    libfuzzer(&shell, &test, target, &look).with_context(|| {
        format!(
            "an input breaks {target}; it is in {}, and `cargo test -p {package} --test fuzz` shows it",
            crashes.display()
        )
    })?;
    if args.keep {
        // By the code that is reached alone: how often it is would keep ten times as many.
        let keep = format!("-set_cover_merge=1 -use_counters=0 {corpus} {found}");
        libfuzzer(&shell, &test, target, &keep).context("the corpus cannot be merged")?;
    }
    // It goes only when it is empty: earlier findings stay.
    let _ = fs::remove_dir(crashes);
    Ok(())
}

/// The crate that has this target, and the folder with its corpus.
fn find(target: &str) -> Result<(String, PathBuf)> {
    let mut known = Vec::new();
    for entry in fs::read_dir(workspace::root().join("crates"))? {
        let package = entry?;
        let corpora = package.path().join("tests/fuzz/__fuzz__");
        for name in targets(&corpora) {
            if name == target {
                let package = package.file_name().to_string_lossy().into_owned();
                return Ok((package, corpora.join(name)));
            }
            known.push(name);
        }
    }
    known.sort();
    bail!(
        "no fuzz target is named {target}; there are {}",
        known.join(", ")
    )
}

fn targets(corpora: &Path) -> Vec<String> {
    let entries = fs::read_dir(corpora).into_iter().flatten().flatten();
    entries
        .map(|target| target.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Builds the test with the fuzz targets of a crate, in a folder of its own.
fn build(shell: &Shell, package: &str) -> Result<PathBuf> {
    let cargo = workspace::cargo();
    let version = cmd!(shell, "rustc -vV").quiet().read()?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc does not say what it compiles for")?;
    // With --target, as otherwise build scripts would be counted as well, and not link.
    let messages = cmd!(
        shell,
        "{cargo} test --profile fuzz --target {host} --target-dir target/fuzz -p {package} --test fuzz --no-run
         --message-format=json-render-diagnostics"
    )
    .env("RUSTFLAGS", FLAGS.join(" "))
    .env("BOLERO_FUZZER", "libfuzzer")
    .quiet()
    .read()
    .context("the fuzz targets do not build; what cargo says stands above")?;
    messages
        .lines()
        .filter_map(workspace::executable)
        .find_map(|(name, path)| (name == "fuzz").then_some(path))
        .with_context(|| format!("cargo built no fuzz targets of {package}"))
}

fn libfuzzer(shell: &Shell, test: &Path, target: &str, arguments: &str) -> Result<()> {
    cmd!(
        shell,
        "{test} {target} --exact --nocapture --quiet --test-threads 1"
    )
    .env("BOLERO_TEST_NAME", target)
    .env("BOLERO_LIBTEST_HARNESS", "1")
    .env("BOLERO_LIBFUZZER_ARGS", arguments)
    .quiet()
    .run()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_found_by_its_name_and_an_unknown_one_is_told_them_all() {
        let (package, folder) = find("ledgers").unwrap();
        assert_eq!(package, "kp-audit");
        assert!(folder.join("corpus").is_dir());
        let error = find("ledger").unwrap_err().to_string();
        assert!(error.contains("json_documents, json_records"), "{error}");
    }
}
