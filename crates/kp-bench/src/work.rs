//! What is measured: a work, who does it, and what is claimed of the outcome.

use std::path::{Path, PathBuf};

use super::peers::Peer;
use super::process::Reader;

/// Stands in arguments for the topic's name, which is only known when the program is started.
pub(super) const TOPIC: &str = "{topic}";

/// A peer that is faster is a target missed.
const NO_SLOWER: f64 = 1.0;

/// Something that several programs do in turns.
pub(super) struct Work {
    /// What `--only` finds it by.
    pub(super) name: String,
    /// What it is, for a reader.
    pub(super) title: String,
    /// The plot that it belongs to, with its place there.
    pub(super) plot: Option<(Plot, String)>,
    /// How often each takes its turn in one round: more than once where a run is over in a moment.
    pub(super) turns: u32,
    /// The part of a core's time that the broker gets, where it has to be slower than the source.
    pub(super) broker_cores: Option<f64>,
    pub(super) contenders: Vec<Contender>,
    pub(super) claims: Vec<Claim>,
}

/// The plots of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plot {
    /// Messages a second by codec.
    Codec,
    /// Messages a second by the size of a message.
    Size,
    /// Memory over time.
    Memory,
    /// Cost of a message by the number of messages.
    Count,
    /// Cost of a message by the number of partitions.
    Partitions,
}

/// One program on one amount of work.
pub(super) struct Contender {
    /// Its name in tables.
    pub(super) name: String,
    /// Which program it is, whatever the amount.
    pub(super) program: &'static str,
    /// How many messages it moves.
    pub(super) messages: u64,
    /// Its place on the axis of a plot by number; 0 where there is none.
    pub(super) x: u64,
    /// The whole command, or why it cannot be run here.
    pub(super) command: Result<Vec<String>, String>,
    pub(super) stdin: Option<PathBuf>,
    pub(super) topic: TopicState,
    pub(super) reader: Reader,
    pub(super) clock: Clock,
    pub(super) check: Check,
    /// A Java tool, whose process is found by the name of its topic.
    pub(super) is_java: bool,
}

/// The topic that it works on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TopicState {
    /// A new one for each run.
    Fresh { partitions: u32 },
    /// One that was filled beforehand, once.
    Filled(Fill),
}

/// What a topic is filled with: generated messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fill {
    pub(super) messages: u64,
    pub(super) partitions: u32,
    pub(super) compression: &'static str,
}

/// Which clock counts.
#[derive(Clone, Copy)]
pub(super) enum Clock {
    /// The whole process, from its start to its end.
    Process,
    /// The program's own: what it prints, read as seconds for so many messages.
    Own(fn(&str, u64) -> Option<f64>),
}

/// How to find out that every message arrived exactly once.
#[derive(Clone, Copy)]
pub(super) enum Check {
    /// The end offsets of the topic.
    EndOffsets,
    /// The lines that came out of the pipe.
    Lines,
    /// The number that the program prints.
    Own(fn(&str) -> Option<u64>),
}

/// What is claimed of a work's outcome.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Claim {
    /// The contender that it is about.
    pub(super) subject: String,
    pub(super) quantity: Quantity,
    /// What it must reach.
    pub(super) bound: Bound,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Quantity {
    /// How many times as fast as this contender, message by message.
    SpeedAgainst(String),
    /// The same with every program's start counted, where some have clocks of their own.
    ProcessSpeedAgainst(String),
    /// Seconds of one run.
    Seconds,
    /// The most memory held, in bytes.
    Peak,
    /// The most memory held, in multiples of what this contender, with less to do, held.
    PeakAgainst(String),
    /// Cost of a message in multiples of this contender's.
    CostAgainst(String),
}

/// What a figure must reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    /// Whether the figure is within it.
    pub(super) fn holds(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(least) => figure >= least,
            Self::AtMost(most) => figure <= most,
        }
    }
}

impl Work {
    /// One that every contender does once a round, on a broker with all the time it can get.
    pub(super) fn new(name: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            plot: None,
            turns: 1,
            broker_cores: None,
            contenders: Vec::new(),
            claims: Vec::new(),
        }
    }

    /// Claims that the first contender is so many times as fast as each of these programs, and no
    /// slower than any other.
    pub(super) fn compare_first(mut self, targets: &[(&str, f64)]) -> Self {
        let Some((first, others)) = self.contenders.split_first() else {
            return self;
        };
        for other in others {
            let target = targets.iter().find(|(name, _)| *name == other.name);
            let least = target.map_or(NO_SLOWER, |(_, least)| *least);
            let claim = |quantity: fn(String) -> Quantity, least| {
                Claim::of(&first.name, quantity(other.name.clone()), Bound::AtLeast(least))
            };
            self.claims.push(claim(Quantity::SpeedAgainst, least));
            if matches!(other.clock, Clock::Own(_)) {
                self.claims.push(claim(Quantity::ProcessSpeedAgainst, NO_SLOWER));
            }
        }
        self
    }
}

impl Claim {
    /// Claims something of one contender.
    pub(super) fn of(subject: &str, quantity: Quantity, bound: Bound) -> Self {
        Self { subject: subject.to_owned(), quantity, bound }
    }
}

impl Contender {
    /// A producer of so many messages to a fresh topic.
    pub(super) fn producing(peer: &Peer, messages: u64, arguments: Vec<String>) -> Self {
        Self {
            name: peer.name.to_owned(),
            program: peer.name,
            messages,
            x: 0,
            command: peer.command(arguments),
            stdin: None,
            topic: TopicState::Fresh { partitions: 1 },
            reader: Reader::File,
            clock: Clock::Process,
            check: Check::EndOffsets,
            is_java: peer.is_java,
        }
    }

    /// A consumer of a topic that is filled with this.
    pub(super) fn consuming(peer: &Peer, fill: &Fill, arguments: Vec<String>) -> Self {
        Self {
            messages: fill.messages,
            topic: TopicState::Filled(fill.clone()),
            reader: Reader::LineCounter,
            check: Check::Lines,
            ..Self::producing(peer, fill.messages, arguments)
        }
    }

    /// The same with these lines on its standard input.
    pub(super) fn reading(mut self, file: &Path) -> Self {
        self.stdin = Some(file.to_owned());
        self
    }

    /// The same under another name.
    pub(super) fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}
