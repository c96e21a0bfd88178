//! What was measured, as it is written to `results.json`.

use serde::Serialize;

use super::peers::Peers;
use super::statistics::Spread;
use super::work::{Contender, Plot, Work};

/// A whole run of `cargo xtask bench`.
#[derive(Debug, Serialize)]
pub(super) struct Results {
    pub(super) schema: &'static str,
    /// `full`, or `quick`: figures that are not for publishing.
    pub(super) plan: &'static str,
    pub(super) rounds: u32,
    pub(super) machine: Machine,
    pub(super) programs: Vec<Program>,
    pub(super) works: Vec<WorkResult>,
}

/// The name and version of the form of [`Results`].
pub(super) const SCHEMA: &str = "kp.bench.results/1";

/// Where it ran.
#[derive(Debug, Serialize)]
pub(super) struct Machine {
    pub(super) date: String,
    pub(super) system: String,
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) memory_bytes: Option<u64>,
    /// Processes that wanted to run, averaged over the minute before the start.
    pub(super) load_before: Option<f64>,
    pub(super) broker: String,
}

/// A program that was looked for.
#[derive(Debug, Serialize)]
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) version: Option<String>,
    /// Why it was not measured.
    pub(super) missing: Option<String>,
}

/// A work and who did it.
#[derive(Debug, Serialize)]
pub(super) struct WorkResult {
    pub(super) name: String,
    pub(super) title: String,
    #[serde(skip)]
    pub(super) plot: Option<(Plot, String)>,
    /// The part of the machine's time that other programs took just before, while nothing was
    /// measured.
    pub(super) busy_before: Option<f64>,
    pub(super) contenders: Vec<ContenderResult>,
    pub(super) findings: Vec<Finding>,
}

/// One contender's runs.
#[derive(Debug, Serialize)]
pub(super) struct ContenderResult {
    pub(super) name: String,
    pub(super) program: &'static str,
    pub(super) messages: u64,
    #[serde(skip)]
    pub(super) x: u64,
    pub(super) command: Option<String>,
    pub(super) missing: Option<String>,
    pub(super) runs: Vec<Run>,
}

/// One run.
#[derive(Debug, Serialize)]
pub(super) struct Run {
    pub(super) round: u32,
    /// By the clock that counts: the whole process's, or the program's own.
    pub(super) seconds: f64,
    /// Of the whole process, always.
    pub(super) process_seconds: f64,
    pub(super) peak_bytes: Option<u64>,
    /// Why it does not count.
    pub(super) failure: Option<String>,
    /// Seconds since the start, and bytes resident then; only for works about memory.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) memory: Vec<(f64, u64)>,
}

/// A claim with what came of it.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) subject: String,
    /// `speed`, `process_speed`, `seconds`, `peak_bytes`, `peak_growth` or `cost_growth`.
    pub(super) quantity: &'static str,
    pub(super) against: Option<String>,
    pub(super) figure: Option<Spread>,
    pub(super) target: String,
    pub(super) verdict: Verdict,
    /// Why the figure may say more of the machine than of the programs.
    pub(super) noise: Option<String>,
}

/// Whether a target was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Reached,
    Missed,
    /// There is no figure, because a program is missing or all its runs failed.
    Unknown,
}

impl Results {
    /// How many findings came out so.
    pub(super) fn count(&self, verdict: Verdict) -> usize {
        let findings = self.works.iter().flat_map(|work| &work.findings);
        findings.filter(|finding| finding.verdict == verdict).count()
    }

    /// The runs that do not count: the work's name, the contender, the reason.
    pub(super) fn failures(&self) -> Vec<(&str, &ContenderResult, &str)> {
        let mut failures = Vec::new();
        for work in &self.works {
            for contender in &work.contenders {
                let reasons = contender.runs.iter().filter_map(|run| run.failure.as_deref());
                failures.extend(reasons.map(|reason| (work.name.as_str(), contender, reason)));
            }
        }
        failures
    }
}

impl WorkResult {
    /// Nobody has run yet.
    pub(super) fn new(work: &Work) -> Self {
        Self {
            name: work.name.clone(),
            title: work.title.clone(),
            plot: work.plot.clone(),
            busy_before: None,
            contenders: work.contenders.iter().map(ContenderResult::new).collect(),
            findings: Vec::new(),
        }
    }

    /// The contender of this name.
    pub(super) fn contender(&self, name: &str) -> Option<&ContenderResult> {
        self.contenders.iter().find(|contender| contender.name == name)
    }
}

impl ContenderResult {
    fn new(contender: &Contender) -> Self {
        let (command, missing) = match &contender.command {
            Ok(words) => (Some(words.join(" ")), None),
            Err(missing) => (None, Some(missing.clone())),
        };
        Self {
            name: contender.name.clone(),
            program: contender.program,
            messages: contender.messages,
            x: contender.x,
            command,
            missing,
            runs: Vec::new(),
        }
    }

    /// Whether it is one of the programs that are measured beside the others.
    pub(super) fn is_ours(&self) -> bool {
        self.program.starts_with("kp-")
    }

    /// The runs that count.
    pub(super) fn counted(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| run.failure.is_none())
    }

    /// Seconds a message, with the round of each.
    pub(super) fn costs(&self) -> Vec<(u32, f64)> {
        self.costs_by(|run| run.seconds)
    }

    /// The same by the whole process, even of a program with a clock of its own.
    pub(super) fn process_costs(&self) -> Vec<(u32, f64)> {
        self.costs_by(|run| run.process_seconds)
    }

    fn costs_by(&self, seconds: impl Fn(&Run) -> f64) -> Vec<(u32, f64)> {
        let messages = self.messages.max(1) as f64;
        self.counted().map(|run| (run.round, seconds(run) / messages)).collect()
    }

    /// Bytes held at most, with the round of each.
    pub(super) fn peaks(&self) -> Vec<(u32, f64)> {
        self.counted().filter_map(|run| Some((run.round, run.peak_bytes? as f64))).collect()
    }

    /// Seconds of a run.
    pub(super) fn seconds(&self) -> Option<Spread> {
        Spread::of(self.counted().map(|run| run.seconds))
    }

    /// Bytes held at most.
    pub(super) fn peak(&self) -> Option<Spread> {
        Spread::of(self.peaks().into_iter().map(|(_, peak)| peak))
    }

    /// Messages a second.
    pub(super) fn rate(&self) -> Option<Spread> {
        Spread::of(self.costs().into_iter().map(|(_, cost)| cost.recip()))
    }
}

/// All programs that were looked for.
pub(super) fn programs(peers: &Peers) -> Vec<Program> {
    let program = |peer: &super::peers::Peer| Program {
        name: peer.name,
        version: peer.found.as_ref().ok().map(|found| found.version.clone()),
        missing: peer.found.as_ref().err().cloned(),
    };
    peers.all().map(program).into()
}
