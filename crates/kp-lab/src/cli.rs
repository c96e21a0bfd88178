//! What was typed.

use std::path::PathBuf;

use clap::Parser;

use crate::prose::Language;

/// Practises Kafka by experiment: you predict, the real programs run, and you see what was measured
///
/// Without a name it lists the labs. At a terminal a lab asks for a prediction, and waits before
/// each step.
#[derive(Debug, Parser)]
#[command(name = "kp-lab", bin_name = "cargo xtask lab")]
pub struct Args {
    /// A lab, `embedded` for all that need no Docker, or `all`; may be repeated
    #[arg(value_name = "NAME")]
    pub labs: Vec<String>,
    /// What you expect: the letter of a choice, or its name
    #[arg(long, value_name = "ANSWER", requires = "labs")]
    pub predict: Option<String>,
    /// Ask nothing and wait for nothing
    #[arg(short, long)]
    pub yes: bool,
    /// Write the outcome of all labs that ran, with plots, into one HTML page
    #[arg(long, requires = "labs")]
    pub report: bool,
    /// Fail unless each lab shows its property, and its control does not
    #[arg(long, requires = "labs", conflicts_with = "predict")]
    pub check: bool,
    /// The language of explanations: en or ko [default: that of the environment]
    #[arg(long, value_name = "LANGUAGE")]
    pub lang: Option<Language>,
    /// The folder of programs that are built already; they are built when left out
    #[arg(long, value_name = "FOLDER")]
    pub programs: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn without_a_lab_nothing_is_checked_or_reported() {
        for flag in ["--check", "--report", "--predict=a"] {
            let nothing = Args::try_parse_from(["lab", flag]).unwrap_err();
            assert_eq!(nothing.kind(), clap::error::ErrorKind::MissingRequiredArgument, "{flag}");
        }
    }

    #[test]
    fn a_check_asks_for_no_prediction() {
        let both = Args::try_parse_from(["lab", "flush", "--check", "--predict", "a"]);
        assert_eq!(both.unwrap_err().kind(), clap::error::ErrorKind::ArgumentConflict);
    }
}
