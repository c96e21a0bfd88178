//! `ci`: every check that must pass before a change lands, one after the other.

pub(crate) mod deny;

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use xshell::cmd;

use crate::{demo, e2e, instructions, test, tools};
use kp_process::workspace;

type Check = fn(&mut dyn Write) -> Result<()>;

const CHECKS: &[(&str, Check)] = &[
    ("format", |_| format()),
    ("clippy", |_| clippy()),
    ("tests", |_| test::run(&test::Args::default())),
    ("documentation", |_| documentation()),
    // There is no valgrind elsewhere.
    #[cfg(target_os = "linux")]
    ("instructions", |_| instructions::run()),
    ("dependencies", |_| deny::run()),
    ("end-to-end tests", |out| {
        let mut build = e2e::begin_secure_build()?;
        e2e::plain(out)?;
        build.wait(Duration::from_secs(1800), || Ok(()))?;
        build.finish().exits(0).context("the programs do not build with TLS").map(drop)
    }),
    ("demo", demo::run),
    ("labs", labs),
    ("chaos", |_| tools::run("kp-chaos", &[])),
    ("end-to-end tests with TLS", |_| e2e::secure()),
];

/// Runs the subcommand.
///
/// # Errors
/// Names the first check that failed; the later ones do not run.
pub(crate) fn run(out: &mut dyn Write) -> Result<()> {
    let started = Instant::now();
    for (name, check) in CHECKS {
        writeln!(out, "\n== {name}")?;
        let began = Instant::now();
        check(out).with_context(|| format!("ci stopped at the check \"{name}\""))?;
        writeln!(out, "== {name}: passed in {:.1} s", began.elapsed().as_secs_f64())?;
    }
    let (checks, took) = (CHECKS.len(), started.elapsed().as_secs_f64());
    writeln!(out, "\nAll {checks} checks passed in {took:.0} s.")?;
    Ok(())
}

/// All labs that need no Docker, and three that do: one for each kind of stack.
fn labs(out: &mut dyn Write) -> Result<()> {
    let mut names = vec!["--check", "embedded", "acks", "transactions"];
    if e2e::has_python() {
        names.push("original");
    } else {
        writeln!(out, "not run: {}", e2e::WITHOUT_PYTHON)?;
    }
    tools::run("kp-lab", &names)
}

fn format() -> Result<()> {
    let shell = workspace::shell()?;
    let cargo = workspace::cargo();
    cmd!(shell, "{cargo} fmt --all --check")
        .quiet()
        .run()
        .context("the code is not formatted; `cargo fmt --all` does it")
}

fn clippy() -> Result<()> {
    let shell = workspace::shell()?;
    let cargo = workspace::cargo();
    // One by one: a single call would mix the features of the container tests into all crates and
    // so build librdkafka once more.
    for which in [
        &["--workspace"][..],
        &["-p", "kp-e2e", "--features", "tls,python,shells"],
        &["-p", "kp-core", "--features", "instructions"],
    ] {
        cmd!(shell, "{cargo} clippy {which...} --all-targets -- -D warnings").quiet().run()?;
    }
    Ok(())
}

fn documentation() -> Result<()> {
    let shell = workspace::shell()?;
    let cargo = workspace::cargo();
    cmd!(shell, "{cargo} doc --workspace --no-deps")
        .env("RUSTDOCFLAGS", "-D warnings")
        .quiet()
        .run()?;
    Ok(())
}
