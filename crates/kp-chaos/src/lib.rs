//! `chaos`: breaks brokers and programs on purpose, and audits the topics by Kafka's own consumer.
//!
//! ```text
//!  rows (plan, schedule) -> fault (cluster, relay) + client -> audit -> finding
//!                                                              -> report.md, results.json
//! ```
//!
//! Each row is a property of the programs. It runs on the same three brokers, on topics of its own,
//! and ends with figures and their bounds. Some have a negative control: the same judgement on a
//! run that must break the property.
#![forbid(unsafe_code)]

mod audit;
mod cli;
mod client;
mod fault;
mod finding;
mod group;
mod pipe;
mod plan;
mod report;
mod results;
mod rows;
mod schedule;
mod stage;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::AtomicU32;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use kp_process::interrupt::Interrupt;
use kp_process::workspace;
use kp_stack::docker::cluster::Cluster;
use plan::Form;
use results::{ControlResult, Outcome, Results, RowResult};
use rows::{Control, ROWS, Row, Run};
use stage::Stage;

pub use cli::Args;

/// Runs it as it was called.
///
/// # Errors
/// There are no brokers, the user ended it, a property does not hold, or a control did not show
/// what it must.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let programs = match &args.programs {
        Some(folder) => workspace::built_in(folder)?,
        None => workspace::build(&workspace::PROGRAMS)?,
    };
    let started = Instant::now();
    let form = if args.full { Form::Full } else { Form::Short };
    let chosen = ROWS.iter().filter(|row| args.row.is_empty() || args.row.contains(&row.number));
    let folder = empty_folder()?;
    // From here on a signal must not leave the brokers behind; before, cargo and this program just
    // end.
    let interrupt = Interrupt::install()?;
    let cluster = Cluster::start(&format!("kp-chaos-{}", process::id()), &folder, &interrupt)?;
    writeln!(
        out,
        "Three brokers are up after {:.0} s; seed {}, {} form.",
        started.elapsed().as_secs_f64(),
        args.seed,
        form.name()
    )?;
    let show = Show {
        cluster: &cluster,
        programs: &programs,
        interrupt: &interrupt,
        form,
        seed: args.seed,
        folder: &folder,
    };
    let mut results = Results::begin(form, args.seed, &cluster.image());
    for row in chosen {
        let (result, failed_tries) = show.row(row, out)?;
        results.rows.push(result);
        results.failed_tries.extend(failed_tries);
        // After each row, so that a run that is ended early leaves what it found.
        write(&folder, &results)?;
    }
    results.seconds = started.elapsed().as_secs_f64();
    let [json, page] = write(&folder, &results)?;
    writeln!(out, "\n{:.0} s in all.\n{}\n{}", results.seconds, page.display(), json.display())?;
    let broken = results.broken();
    ensure!(broken.is_empty(), "not as it must be: {}", broken.join("; "));
    Ok(())
}

/// What all rows have in common.
struct Show<'a> {
    cluster: &'a Cluster,
    programs: &'a BTreeMap<String, PathBuf>,
    interrupt: &'a Interrupt,
    form: Form,
    seed: u64,
    folder: &'a Path,
}

impl Show<'_> {
    /// Runs a row and its control. Only the user and a cluster that cannot be healed end the whole
    /// run. Also returns the tries that gave no figures.
    fn row(&self, row: &Row, out: &mut dyn Write) -> Result<(RowResult, Vec<String>)> {
        writeln!(out, "\n== {}. {}", row.number, row.property)?;
        let mut failed_tries = Vec::new();
        let name = format!("row-{}", row.number);
        let (outcome, seconds) = self.twice(&name, row.run, &mut failed_tries, out)?;
        writeln!(out, "   {outcome} ({seconds:.0} s)")?;
        let control = match &row.control {
            Some(control) => Some(self.control(&name, control, &mut failed_tries, out)?),
            None => None,
        };
        Ok((RowResult::new(row, outcome, seconds, control), failed_tries))
    }

    fn control(
        &self,
        row: &str,
        control: &Control,
        failed_tries: &mut Vec<String>,
        out: &mut dyn Write,
    ) -> Result<ControlResult> {
        writeln!(out, "   Control: {}", control.how)?;
        let name = format!("{row}-control");
        let (outcome, seconds) = self.twice(&name, control.run, failed_tries, out)?;
        let result = ControlResult::new(control, outcome, seconds);
        writeln!(out, "   {result} ({seconds:.0} s)")?;
        Ok(result)
    }

    /// Tries once more after a run without figures, because Docker or the brokers did not do what
    /// the row needs. A run with figures is never repeated: they say whether the property holds.
    fn twice(
        &self,
        name: &str,
        run: Run,
        failed_tries: &mut Vec<String>,
        out: &mut dyn Write,
    ) -> Result<(Outcome, f64)> {
        let (outcome, seconds) = self.take(name, run, out)?;
        let Outcome::Failed(reason) = &outcome else {
            return Ok((outcome, seconds));
        };
        writeln!(out, "   no figures came of it; once more")?;
        failed_tries.push(format!("{name}: {reason}"));
        self.take(&format!("{name}-again"), run, out)
    }

    fn take(&self, name: &str, run: Run, out: &mut dyn Write) -> Result<(Outcome, f64)> {
        let started = Instant::now();
        let folder = self.folder.join(name);
        fs::create_dir(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let stage = Stage {
            cluster: self.cluster,
            programs: self.programs,
            interrupt: self.interrupt,
            form: self.form,
            seed: self.seed,
            name: name.to_owned(),
            folder,
            started: AtomicU32::new(1),
        };
        let outcome = match run(&stage, out) {
            Ok(figures) => Outcome::of(figures),
            Err(error) => Outcome::failed(&error),
        };
        self.interrupt.check()?;
        if let Outcome::Failed(reason) = &outcome {
            // Before the cluster is healed, which may not succeed.
            writeln!(out, "   {reason}")?;
        }
        self.cluster
            .heal(self.interrupt)
            .with_context(|| format!("the cluster could not be healed after {name}"))?;
        Ok((outcome, started.elapsed().as_secs_f64()))
    }
}

/// `target/chaos`, without what an earlier run left there.
fn empty_folder() -> Result<PathBuf> {
    let folder = workspace::root().join("target/chaos");
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot empty the folder {}", folder.display()))?;
    }
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(folder)
}

fn write(folder: &Path, results: &Results) -> Result<[PathBuf; 2]> {
    let [json, page] = ["results.json", "report.md"].map(|name| folder.join(name));
    fs::write(&json, serde_json::to_string_pretty(results)?)?;
    fs::write(&page, report::page(results))?;
    Ok([json, page])
}
