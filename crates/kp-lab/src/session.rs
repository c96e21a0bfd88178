//! One lab from its question to its verdict.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use kp_process::interrupt::Interrupt;
use kp_process::workspace;
use rustix::fs::{FlockOperation, flock};

use crate::ask;
use crate::labs::Lab;
use crate::prose::{Language, Prose, Sheet, Words, fill};
use crate::record::Record;
use crate::screen;
use crate::stage::{Form, Pace, Stage};
use crate::verdict::{Verdict, choice_of, letter, letters};

/// What all labs of a call have in common.
pub(crate) struct Session<'a> {
    pub(crate) programs: &'a BTreeMap<String, PathBuf>,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) words: &'a Words,
    pub(crate) language: Language,
}

/// How one lab is run.
pub(crate) struct Plan<'a> {
    pub(crate) lab: &'static Lab,
    pub(crate) predict: Option<&'a str>,
    pub(crate) pace: Pace,
    /// Whether its control runs as well.
    pub(crate) check: bool,
}

/// A lab that ran.
pub(crate) struct Ran {
    pub(crate) lab: &'static Lab,
    pub(crate) record: Record,
    pub(crate) verdict: Verdict,
    sheet: Sheet,
    /// What the control showed, where it ran.
    control: Option<Option<&'static str>>,
}

impl Ran {
    /// What is not as a check wants it.
    pub(crate) fn broken(&self) -> Option<String> {
        let (name, shows) = (self.lab.name, self.sheet.shows.as_str());
        if self.verdict.measured != Some(shows) {
            let measured = self.verdict.measured.unwrap_or("nothing");
            return Some(format!("{name} showed {measured} and not {shows}"));
        }
        if self.control == Some(Some(shows)) {
            return Some(format!("the control of {name} showed {shows} as well"));
        }
        // What a lab takes at most is meant for a machine that is not busy.
        let (took, most) = (self.record.seconds, self.sheet.seconds);
        (took > 2.0 * most as f64).then(|| format!("{name} took {took:.0} s of {most}"))
    }
}

impl Session<'_> {
    /// Runs it: question, prediction, steps, figures, verdict.
    ///
    /// # Errors
    /// A command failed, or the user wants an end.
    pub(crate) fn run(&self, plan: &Plan<'_>, out: &mut dyn Write) -> Result<Ran> {
        let sheet = plan.lab.sheet()?;
        let prose = plan.lab.prose(self.language)?;
        writeln!(out, "\n== {}: {}\n", plan.lab.name, prose.title)?;
        screen::paragraphs(&prose.about, out)?;
        screen::paragraphs(&prose.question, out)?;
        for (place, choice) in sheet.choices.iter().enumerate() {
            screen::choice(letter(place), &prose.choices[choice], out)?;
        }
        let predicted = match plan.predict {
            Some(typed) => Some(prediction(typed, &sheet)?),
            None if plan.pace == Pace::ByHand => self.ask(&sheet, out)?,
            None => None,
        };
        let record = self.take(plan, Form::Lab, &prose, out)?;
        let verdict = Verdict::of(plan.lab, &record, predicted);
        self.conclude(&sheet, &prose, &record, &verdict, out)?;
        let mut control = None;
        if plan.check && prose.control.is_some() {
            control = Some(self.control(plan, &sheet, &prose, out)?);
        }
        Ok(Ran { lab: plan.lab, record, verdict, sheet, control })
    }

    fn ask(&self, sheet: &Sheet, out: &mut dyn Write) -> Result<Option<String>> {
        let letters = letters(sheet);
        writeln!(out)?;
        loop {
            let question = fill(&self.words.ask, &[("letters", &letters)]);
            let typed = ask::line(&question, self.interrupt, out)?;
            if typed.is_empty() {
                return Ok(None);
            }
            match choice_of(&typed, sheet) {
                Some(choice) => return Ok(Some(choice.to_owned())),
                None => writeln!(out, "{}", fill(&self.words.no_choice, &[("letters", &letters)]))?,
            }
        }
    }

    fn control(
        &self,
        plan: &Plan<'_>,
        sheet: &Sheet,
        prose: &Prose,
        out: &mut dyn Write,
    ) -> Result<Option<&'static str>> {
        let how = prose.control.as_deref().unwrap_or_default();
        writeln!(out, "\n-- {}: {}", self.words.control, screen::wrapped(how, "", ""))?;
        let record = self.take(plan, Form::Control, prose, out)?;
        writeln!(out)?;
        screen::figures(&record.figures, prose, out)?;
        let measured = (plan.lab.judge)(&record.figures);
        let words = self.words;
        let is_shown = measured == Some(sheet.shows.as_str());
        let said = if is_shown { &words.control_failed } else { &words.control_passed };
        writeln!(out, "\n{said}")?;
        Ok(measured)
    }

    fn take(
        &self,
        plan: &Plan<'_>,
        form: Form,
        prose: &Prose,
        out: &mut dyn Write,
    ) -> Result<Record> {
        let started = Instant::now();
        let (folder, _lock) = own_folder(plan.lab.name)?;
        let mut stage = Stage {
            programs: self.programs,
            interrupt: self.interrupt,
            prose,
            words: self.words,
            form,
            pace: plan.pace,
            folder,
            out,
            record: Record::default(),
            thought: Duration::ZERO,
            brokers: String::new(),
        };
        let ran = (plan.lab.run)(&mut stage);
        let took = started.elapsed().saturating_sub(stage.thought);
        let mut record = stage.record;
        self.interrupt.check()?;
        ran.with_context(|| format!("the lab {} could not be finished", plan.lab.name))?;
        record.seconds = took.as_secs_f64();
        Ok(record)
    }

    fn conclude(
        &self,
        sheet: &Sheet,
        prose: &Prose,
        record: &Record,
        verdict: &Verdict,
        out: &mut dyn Write,
    ) -> Result<()> {
        writeln!(out, "\n-- {}\n", self.words.measured)?;
        screen::figures(&record.figures, prose, out)?;
        writeln!(out)?;
        screen::plots(record, prose, out)?;
        for sentence in verdict.sentences(sheet, prose, self.words, record)? {
            screen::paragraphs(&sentence, out)?;
        }
        writeln!(out, "-- {}\n", self.words.follows)?;
        screen::paragraphs(&prose.follows, out)
    }
}

/// What `--predict` means.
///
/// # Errors
/// It is no choice of the lab.
pub(crate) fn prediction(typed: &str, sheet: &Sheet) -> Result<String> {
    match choice_of(typed, sheet) {
        Some(choice) => Ok(choice.to_owned()),
        None => bail!(
            "`{typed}` is no answer of this lab; --predict takes {}, or {}",
            letters(sheet),
            sheet.choices.join(", ")
        ),
    }
}

/// `target/lab/NAME`, without what an earlier run left there. It belongs to this run until the lock
/// goes.
///
/// # Errors
/// Another run has it, or it cannot be made.
fn own_folder(name: &str) -> Result<(PathBuf, File)> {
    let labs = workspace::root().join("target/lab");
    fs::create_dir_all(&labs)
        .with_context(|| format!("cannot make the folder {}", labs.display()))?;
    let lock = labs.join(format!("{name}.lock"));
    let lock = File::create(&lock).with_context(|| format!("cannot make {}", lock.display()))?;
    flock(&lock, FlockOperation::NonBlockingLockExclusive)
        .with_context(|| format!("the lab {name} runs already, in another terminal"))?;
    let folder = labs.join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot empty the folder {}", folder.display()))?;
    }
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok((folder, lock))
}
