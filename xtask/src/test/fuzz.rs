//! `fuzz`: a fuzz target under libFuzzer, which looks for inputs that reach new code and break what
//! the target asserts.
//!
//! `cargo bolero test` would build every test of the crate for libFuzzer, and a test without a fuzz
//! target does not link. This builds the one test that has them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use kp_process::workspace;

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

/// What to fuzz, and for how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A test in a crate's tests/fuzz/main.rs, such as `json_documents`
    target: String,
    /// How long to look
    #[arg(long, value_name = "N", default_value_t = 300)]
    seconds: u32,
    /// Adds to the corpus what reaches code that nothing in it reaches
    #[arg(long)]
    keep: bool,
}

/// Runs the subcommand.
///
/// # Errors
/// There is no such target, it does not build, or an input breaks it: which one, stands above.
pub(crate) fn run(args: &Args) -> Result<()> {
    let target = &args.target;
    let shell = workspace::shell()?;
    let (package, folder) = find(&shell, target)?;
    let test = build(&shell, &package)?;
    let work = workspace::root().join("target/fuzz");
    let (found, corpus) = (work.join("found").join(target), work.join("corpus").join(target));
    let crashes = folder.join("crashes");
    shell.remove_path(&corpus)?;
    for folder in [&found, &corpus, &crashes] {
        shell.create_dir(folder)?;
    }
    for named in shell.read_dir(folder.join("corpus"))? {
        shell.copy_file(named, &corpus)?;
    }
    // The test itself adds what is packed in `found.in` to the corpus.
    shell.set_var("FUZZ_UNPACK", &corpus);
    let look = format!(
        "{} {} -artifact_prefix={}/ -max_total_time={} -timeout=20 -max_len=512",
        found.display(),
        corpus.display(),
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
        let keep =
            format!("-set_cover_merge=1 -use_counters=0 {} {}", corpus.display(), found.display());
        libfuzzer(&shell, &test, target, &keep).context("the corpus cannot be merged")?;
        pack(&shell, &corpus, &folder.join("found.in"))?;
    }
    // It goes only when it is empty: earlier findings stay.
    let _ = fs::remove_dir(crashes);
    Ok(())
}

/// Adds the inputs that libFuzzer has put into the corpus to the packed ones: a Rust byte string a
/// line, sorted.
///
/// libFuzzer names a file by its hash; those that were there before have other names.
fn pack(shell: &Shell, corpus: &Path, packed: &Path) -> Result<()> {
    let text = shell.read_file(packed)?;
    let mut inputs: BTreeSet<String> =
        text.lines().filter(|line| line.starts_with("b\"")).map(str::to_owned).collect();
    for path in shell.read_dir(corpus)? {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        if name.len() == 40 && name.iter().all(u8::is_ascii_hexdigit) {
            inputs.insert(format!("b\"{}\",", shell.read_binary_file(&path)?.escape_ascii()));
        }
    }
    let head = text.lines().next().unwrap_or_default();
    let inputs: String = inputs.iter().map(|input| format!("{input}\n")).collect();
    Ok(shell.write_file(packed, format!("{head}\n&[\n{inputs}]\n"))?)
}

/// The crate that has this target, and the folder with its corpus.
fn find(shell: &Shell, target: &str) -> Result<(String, PathBuf)> {
    let mut known = Vec::new();
    for package in shell.read_dir(workspace::root().join("crates"))? {
        let targets = shell.read_dir(package.join("tests/fuzz/__fuzz__")).unwrap_or_default();
        known.extend(targets.into_iter().map(|folder| (name(&folder), name(&package), folder)));
    }
    known.sort();
    if let Some((_, package, folder)) = known.iter().find(|(name, ..)| name == target) {
        return Ok((package.clone(), folder.clone()));
    }
    let known: Vec<_> = known.into_iter().map(|(name, ..)| name).collect();
    bail!("no fuzz target is named {target}; there are {}", known.join(", "))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Builds the test with the fuzz targets of a crate, in a folder of its own.
fn build(shell: &Shell, package: &str) -> Result<PathBuf> {
    let cargo = workspace::cargo();
    let host = workspace::platform()?;
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
    cmd!(shell, "{test} {target} --exact --nocapture --quiet --test-threads 1")
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
        let (package, folder) = find(&workspace::shell().unwrap(), "ledgers").unwrap();
        assert_eq!(package, "kp-audit");
        assert!(folder.join("corpus").is_dir());
        let error = find(&workspace::shell().unwrap(), "ledger").unwrap_err().to_string();
        assert!(error.contains("json_documents, json_records"), "{error}");
    }

    #[test]
    fn a_new_input_is_packed_once_and_in_order_and_a_named_one_is_not() {
        let (shell, folder) = (Shell::new().unwrap(), tempfile::tempdir().unwrap());
        let (corpus, packed) = (folder.path().join("corpus"), folder.path().join("found.in"));
        fs::create_dir(&corpus).unwrap();
        fs::write(corpus.join("whole"), "named").unwrap();
        fs::write(corpus.join("found-0"), "z").unwrap();
        fs::write(corpus.join("0a".repeat(20)), b"\x80\n\"").unwrap();
        fs::write(&packed, "// Head.\n&[\nb\"z\",\n]\n").unwrap();
        for _ in 0..2 {
            pack(&shell, &corpus, &packed).unwrap();
            let text = fs::read_to_string(&packed).unwrap();
            assert_eq!(text, "// Head.\n&[\nb\"\\x80\\n\\\"\",\nb\"z\",\n]\n");
        }
    }
}
