//! The steps as one JSON object.

use std::io;

use kp_cli::Screen;
use kp_client::doctor::{Outcome, Stage, Step};
use kp_settings::Settings;
use serde::Serialize;

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    bootstrap_servers: String,
    security_protocol: &'a str,
    /// Whether no step failed.
    ok: bool,
    /// The step that failed, if one did.
    failed: Option<&'static str>,
    steps: Vec<StepJson<'a>>,
}

#[derive(Serialize)]
struct StepJson<'a> {
    step: &'static str,
    outcome: &'static str,
    took_ms: Option<u64>,
    found: &'a [String],
    cause: Option<&'a str>,
    change: Option<&'a str>,
}

pub(super) fn write(settings: &Settings, steps: &[Step], out: &mut Screen<'_>) -> io::Result<()> {
    let failed = steps.iter().find(|step| matches!(step.outcome, Outcome::Failed(_)));
    let answer = Answer {
        schema: "kp.admin.doctor/1",
        bootstrap_servers: settings.kafka.bootstrap_servers.to_string(),
        security_protocol: settings.kafka.security_protocol.as_str(),
        ok: failed.is_none(),
        failed: failed.map(|step| name(step.stage)),
        steps: steps.iter().map(of).collect(),
    };
    crate::answer::json(&answer, out)
}

fn of(step: &Step) -> StepJson<'_> {
    let (outcome, advice) = match &step.outcome {
        Outcome::Right => ("ok", None),
        Outcome::Doubtful(advice) => ("warning", Some(advice)),
        Outcome::Failed(advice) => ("failed", Some(advice)),
        Outcome::Untold => ("not_told", None),
        Outcome::Skipped => ("not_tried", None),
    };
    StepJson {
        step: name(step.stage),
        outcome,
        took_ms: step.took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
        found: &step.found,
        cause: advice.map(|advice| advice.cause.as_str()),
        change: advice.map(|advice| advice.change.as_str()).filter(|change| !change.is_empty()),
    }
}

/// A step's name for programs, which does not change.
fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Dns => "dns",
        Stage::Tcp => "tcp",
        Stage::Tls => "tls",
        Stage::ApiVersions => "api_versions",
        Stage::Sasl => "sasl",
        Stage::Metadata => "metadata",
        Stage::Listeners => "listeners",
        Stage::Clock => "clock",
        Stage::Topic => "topic",
        Stage::Access => "access",
        Stage::Probe => "probe",
    }
}

#[cfg(test)]
mod tests {
    use kp_client::doctor::Advice;

    use super::*;

    #[test]
    fn where_there_is_nothing_to_change_it_is_null() {
        let advice = Advice { cause: "so".to_owned(), change: String::new() };
        let outcome = Outcome::Failed(advice);
        let step = Step { stage: Stage::Sasl, outcome, found: Vec::new(), took: None };
        assert_eq!((of(&step).cause, of(&step).change), (Some("so"), None));
    }
}
