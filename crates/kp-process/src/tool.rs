//! How every tool ends, and writes large numbers.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::{Error, Result};

/// Runs a tool on standard output; what failed is told on standard error, after its name.
pub fn run(name: &str, act: impl FnOnce(&mut dyn Write) -> Result<()>) -> ExitCode {
    match act(&mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        // As with `cargo xtask ps | head -1`: a reader that has seen enough is no failure.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed stderr must not become a panic, and nobody is left to tell.
            let _ = writeln!(io::stderr(), "{name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_closed_pipe(error: &Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// `1050000` as `1,050,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_threes() {
        let shown = [0, 999, 1_000, 1_050_000].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "1,050,000"]);
    }
}
