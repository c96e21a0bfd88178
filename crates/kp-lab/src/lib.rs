//! Labs: practise Kafka by predicting, running and seeing.
//!
//! ```text
//!  labs/NAME.rs (script, judge) + labs/NAME/{lab,en,ko}.toml (question, words)
//!       |                                        |
//!     stage (says, runs, measures) -> record -> judge -> verdict -> screen, report
//! ```
//!
//! A script does what a reader could type and notes figures. The judge sees nothing but the
//! figures, and says which of the choices they show, or none. Nothing else decides the outcome.
#![forbid(unsafe_code)]

mod ask;
mod audit;
mod brokers;
mod cli;
mod drawing;
mod figures;
mod json;
mod labs;
mod producer;
mod prose;
mod python;
mod record;
mod report;
mod screen;
mod session;
mod stage;
mod verdict;

use std::io::Write;

use anyhow::{Result, bail, ensure};
use kp_process::interrupt::Interrupt;
use kp_process::workspace;
use kp_stack::docker::Docker;

use labs::{LABS, Lab};
use prose::{Language, Needs, Words};
use report::NotRun;
use session::{Plan, Session};
use stage::Pace;

pub use cli::Args;

/// Runs it as it was called.
///
/// # Errors
/// There is no such lab, what it needs is missing, it failed, or the user ended it. With `--check`
/// also: a property did not show.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let language = args.lang.unwrap_or_else(Language::of_environment);
    let words = Words::of(language)?;
    if args.labs.is_empty() {
        return list(language, &words, out);
    }
    let chosen = labs::chosen(&args.labs)?;
    let is_alone =
        matches!(args.labs.as_slice(), [name] if chosen.iter().all(|lab| lab.name == name));
    if let Some(predicted) = &args.predict {
        ensure!(is_alone, "--predict is for one lab");
        session::prediction(predicted, &chosen[0].sheet()?)?;
    }
    let by_hand = is_alone && !args.yes && !args.check;
    if by_hand && args.predict.is_none() && !ask::is_possible() {
        bail!("there is no terminal to ask at; --yes asks nothing, --predict answers");
    }
    let pace = if by_hand && ask::is_possible() { Pace::ByHand } else { Pace::Unattended };
    let (able, unable) = able(&chosen)?;
    if let Some((lab, why)) = unable.first()
        && (able.is_empty() || args.check)
    {
        bail!("the lab {} {why}", lab.name);
    }
    let programs = match &args.programs {
        Some(folder) => workspace::built_in(folder)?,
        None => workspace::build(&workspace::PROGRAMS)?,
    };
    // From here on a signal must not leave brokers behind; before, cargo and this program just end.
    let interrupt = Interrupt::install()?;
    let session = Session { programs: &programs, interrupt: &interrupt, words: &words, language };
    let (mut runs, mut not_run) = (Vec::new(), unable);
    let mut failure = None;
    for lab in able {
        let plan = Plan { lab, predict: args.predict.as_deref(), pace, check: args.check };
        match session.run(&plan, out) {
            Ok(ran) => runs.push(ran),
            // The others can still be run, and what has run is still told.
            Err(error) => {
                not_run.push((lab, format!("{error:#}")));
                failure.get_or_insert(error);
            }
        }
        if interrupt.is_set() {
            break;
        }
    }
    if !is_alone {
        for (lab, why) in &not_run {
            writeln!(out, "\n{}: {}: {why}", words.report.not_run, lab.name)?;
        }
    }
    if args.report && !runs.is_empty() {
        let page = report::write(&runs, &not_run)?;
        writeln!(out, "\n{}", page.display())?;
    }
    failure.map_or(Ok(()), Err)?;
    let broken: Vec<_> = runs.iter().filter_map(session::Ran::broken).collect();
    ensure!(!args.check || broken.is_empty(), "not as it must be: {}", broken.join("; "));
    Ok(())
}

fn list(language: Language, words: &Words, out: &mut dyn Write) -> Result<()> {
    let mut rows = vec![words.columns.to_vec()];
    for lab in LABS {
        let sheet = lab.sheet()?;
        let needs = match sheet.needs {
            Needs::Embedded => words.embedded.clone(),
            Needs::Docker => words.docker.clone(),
            Needs::Python => format!("{}, Python 3", words.docker),
        };
        let title = lab.prose(language)?.title;
        rows.push(vec![lab.name.to_owned(), title, needs, format!("{} s", sheet.seconds)]);
    }
    screen::list(&rows, out)?;
    writeln!(out)?;
    screen::paragraphs(&words.how_to_run, out)
}

/// The labs that can run here, and those that cannot, each with what is missing.
fn able(chosen: &[&'static Lab]) -> Result<(Vec<&'static Lab>, Vec<NotRun>)> {
    let missing = Docker::find().err().map(|missing| missing.to_string());
    let (mut able, mut unable) = (Vec::new(), Vec::new());
    for lab in chosen {
        let needs = lab.sheet()?.needs;
        let why = match &missing {
            Some(why) if needs != Needs::Embedded => Some(without_docker(why)?),
            _ if needs == Needs::Python => python::missing().map(|why| without_python(&why)),
            _ => None,
        };
        match why {
            Some(why) => unable.push((*lab, why)),
            None => able.push(*lab),
        }
    }
    Ok((able, unable))
}

fn without_docker(why: &str) -> Result<String> {
    let mut embedded = Vec::new();
    for lab in LABS {
        if lab.sheet()?.needs == Needs::Embedded {
            embedded.push(lab.name);
        }
    }
    Ok(format!("needs brokers in containers: {why}; these labs need none: {}", embedded.join(", ")))
}

fn without_python(why: &str) -> String {
    format!(
        "needs the original's programs in Python: {why}; README.md tells what they do, below \
         \"With ZooKeeper\""
    )
}
