//! The steps as a screen: one line a step, with its time.

use std::io::{self, Write};

use kp_cli::Screen;
use kp_client::doctor::{Outcome, Stage, Step};
use kp_settings::Settings;

use crate::answer::counted;

/// What is looked at.
pub(super) fn head(settings: &Settings, out: &mut Screen<'_>) -> io::Result<()> {
    let kafka = &settings.kafka;
    let login = match kafka.sasl_mechanism {
        Some(mechanism) if kafka.security_protocol.uses_sasl() => format!(", {mechanism}"),
        _ => String::new(),
    };
    let profile = settings.profile().map(|chosen| format!(", profile {}", chosen.name));
    out.line(format_args!(
        "The way to {} ({}{login}{})",
        kafka.bootstrap_servers,
        kafka.security_protocol,
        profile.unwrap_or_default()
    ))?;
    out.flush()
}

/// A step, as soon as it has ended.
pub(super) fn show(step: &Step, out: &mut Screen<'_>) -> io::Result<()> {
    let took = step.took.map_or_else(String::new, |took| format!(" ({} ms)", took.as_millis()));
    let advice = match &step.outcome {
        Outcome::Doubtful(advice) | Outcome::Failed(advice) => Some(advice),
        _ => None,
    };
    let cause = advice.map(|advice| advice.cause.as_str());
    // Where nothing was found, the cause says all.
    let found = step.found.iter().map(String::as_str);
    let lines: Vec<&str> = found.chain(cause.filter(|_| step.found.is_empty())).collect();
    let head = format!("{:<4}  {:<11}  ", word(&step.outcome), name(step.stage));
    let below = " ".repeat(head.len());
    for (at, line) in lines.iter().enumerate() {
        let (head, took) = if at == 0 { (&head, took.as_str()) } else { (&below, "") };
        out.hanging(head, &format!("{line}{took}"))?;
    }
    if let Some(cause) = cause.filter(|_| !step.found.is_empty()) {
        out.hanging("      cause:       ", cause)?;
    }
    if let Some(advice) = advice.filter(|advice| !advice.change.is_empty()) {
        out.hanging("      change:      ", &advice.change)?;
    }
    out.flush()
}

/// What it comes to.
pub(super) fn tail(steps: &[Step], out: &mut Screen<'_>) -> io::Result<()> {
    let count = |is: fn(&Outcome) -> bool| steps.iter().filter(|step| is(&step.outcome)).count();
    if count(|one| matches!(one, Outcome::Failed(_))) > 0 {
        return Ok(());
    }
    match count(|one| matches!(one, Outcome::Doubtful(_))) {
        0 => out.line(format_args!("Nothing is wrong.")),
        doubts => out.line(format_args!("It works, with {}.", counted(doubts, "warning"))),
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Right => "ok",
        Outcome::Doubtful(_) => "warn",
        Outcome::Failed(_) => "FAIL",
        Outcome::Untold => "?",
        Outcome::Skipped => "-",
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Dns => "DNS",
        Stage::Tcp => "TCP",
        Stage::Tls => "TLS",
        Stage::ApiVersions => "ApiVersions",
        Stage::Sasl => "SASL",
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
    use std::time::Duration;

    use kp_client::doctor::Advice;

    use super::*;

    fn shown(outcome: Outcome, found: &[&str]) -> String {
        let found = found.iter().map(|&line| line.to_owned()).collect();
        let took = Some(Duration::from_millis(12));
        let mut out = Vec::new();
        let step = Step { stage: Stage::Sasl, outcome, found, took };
        show(&step, &mut Screen::unbounded(&mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_step_is_a_line_and_what_fails_has_its_cause_and_what_to_change() {
        let advice = Advice { cause: "it is\nso".to_owned(), change: "do this".to_owned() };
        assert_eq!(shown(Outcome::Right, &["PLAIN"]), "ok    SASL         PLAIN (12 ms)\n");
        assert_eq!(
            shown(Outcome::Doubtful(advice.clone()), &["a", "b"]),
            "warn  SASL         a (12 ms)\n                   b\n      cause:       it is\\nso\n      change:      do this\n"
        );
        assert_eq!(
            shown(Outcome::Failed(advice), &[]),
            "FAIL  SASL         it is\\nso (12 ms)\n      change:      do this\n"
        );
    }
}
