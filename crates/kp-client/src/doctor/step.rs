//! The steps between a name and an answer, and what came of one.

use std::time::Duration;

use crate::advice::Advice;

/// A step, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The names of the bootstrap addresses are looked up.
    Dns,
    /// Each of their addresses is connected to.
    Tcp,
    /// The handshake, and the broker's certificate.
    Tls,
    /// The first request, which needs no login.
    ApiVersions,
    /// The login.
    Sasl,
    /// librdkafka's first answer: the cluster and its brokers.
    Metadata,
    /// Each broker is reached at the address that it names as its own.
    Listeners,
    /// The clock of the brokers beside the one here.
    Clock,
    /// The topic's leaders and replicas.
    Topic,
    /// What this user may do.
    Access,
    /// A record is written and read back.
    Probe,
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Self; 11] = [
        Self::Dns,
        Self::Tcp,
        Self::Tls,
        Self::ApiVersions,
        Self::Sasl,
        Self::Metadata,
        Self::Listeners,
        Self::Clock,
        Self::Topic,
        Self::Access,
        Self::Probe,
    ];
}

/// A step that was made, or was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which one.
    pub stage: Stage,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found, a line for each thing; or why nothing was.
    pub found: Vec<String>,
    /// How long it took, where something was tried.
    pub took: Option<Duration>,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Right,
    /// It works, and something is not as it should be.
    Doubtful(Advice),
    /// It does not work.
    Failed(Advice),
    /// This cluster does not tell.
    Untold,
    /// Nothing was tried: it is not used, not asked for, or a step before it failed.
    Skipped,
}

/// What came of a step.
pub(crate) struct Finding {
    pub(crate) outcome: Outcome,
    pub(crate) found: Vec<String>,
}

impl Finding {
    pub(crate) fn right(found: Vec<String>) -> Self {
        Self { outcome: Outcome::Right, found }
    }

    pub(crate) fn doubtful(found: Vec<String>, advice: Advice) -> Self {
        Self { outcome: Outcome::Doubtful(advice), found }
    }

    pub(crate) fn failed(found: Vec<String>, advice: Advice) -> Self {
        Self { outcome: Outcome::Failed(advice), found }
    }

    pub(crate) fn untold(why: impl Into<String>) -> Self {
        Self { outcome: Outcome::Untold, found: vec![why.into()] }
    }

    pub(crate) fn skipped(why: impl Into<String>) -> Self {
        Self { outcome: Outcome::Skipped, found: vec![why.into()] }
    }

    /// Where only what is wrong was found beside things that had no use for this step: why they had
    /// none.
    pub(crate) fn or_unused(mut self, why: Option<String>) -> Self {
        if self.found.is_empty() && matches!(self.outcome, Outcome::Doubtful(_)) {
            self.found.extend(why);
        }
        self
    }

    /// What came of the same step with each of several things, of which one has to work. What does
    /// not work beside one that does is only doubtful.
    pub(crate) fn any_of(parts: Vec<Result<Vec<String>, Advice>>) -> Self {
        Self::of(parts, |worked| worked > 0)
    }

    /// The same where all have to work.
    pub(crate) fn all_of(parts: Vec<Result<Vec<String>, Advice>>) -> Self {
        Self::of(parts, |_| false)
    }

    fn of(parts: Vec<Result<Vec<String>, Advice>>, is_enough: impl FnOnce(usize) -> bool) -> Self {
        let mut found = Vec::new();
        let mut refused = Vec::new();
        let count = parts.len();
        for part in parts {
            match part {
                Ok(lines) => {
                    // Brokers are often alike.
                    for line in lines {
                        if !found.contains(&line) {
                            found.push(line);
                        }
                    }
                }
                Err(advice) => refused.push(advice),
            }
        }
        let worked = count - refused.len();
        let mut refused = refused.into_iter();
        let Some(first) = refused.next() else {
            return Self::right(found);
        };
        // What to change is mostly the same, and the first thing first.
        let Advice { cause, change } = first;
        let causes: Vec<String> = [cause].into_iter().chain(refused.map(|one| one.cause)).collect();
        let first = Advice::new(causes.join("; "), change);
        if is_enough(worked) { Self::doubtful(found, first) } else { Self::failed(found, first) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(word: &str, works: bool) -> Result<Vec<String>, Advice> {
        if works { Ok(vec![word.to_owned()]) } else { Err(Advice::new(word, "change it")) }
    }

    #[test]
    fn one_that_works_is_enough_or_is_not() {
        let both = || vec![part("a", true), part("b", false), part("c", false)];
        let advice = Advice::new("b; c", "change it");
        let any = Finding::any_of(both());
        assert_eq!(any.outcome, Outcome::Doubtful(advice.clone()));
        assert_eq!(any.found, ["a"]);
        assert_eq!(Finding::all_of(both()).outcome, Outcome::Failed(advice.clone()));
        let none = Finding::any_of(vec![part("b", false), part("c", false)]);
        assert_eq!((none.outcome, none.found), (Outcome::Failed(advice), Vec::new()));
        let same = Finding::all_of(vec![part("a", true), part("a", true)]);
        assert_eq!((same.outcome, same.found), (Outcome::Right, vec!["a".to_owned()]));
    }
}
