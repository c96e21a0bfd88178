//! What the programs print on stderr besides errors: warnings, and more with `-v`.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::quiet::is_quiet;
use crate::status::erase_status;
use kp_core::escaped;

/// Prints one line on stderr, `program: text`, unless nothing is to be said but errors.
pub fn say(program: &str, text: &str) {
    if !is_quiet() {
        complain(program, text);
    }
}

/// Prints one line of an error on stderr, `program: text`, escaped where necessary. A closed stderr
/// is no failure: there is nobody left to tell.
pub fn complain(program: &str, text: &str) {
    erase_status();
    let _ = writeln!(io::stderr(), "{program}: {}", escaped(text));
}

/// A count as a person reads it: `1,200,000`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Starts printing warnings; with `verbose` 1 also what goes on, 2 librdkafka's own log, 3 its
/// debug lines (which need `-X debug=...`).
pub fn start_talking(program: &'static str, verbose: u8) {
    let level = match verbose {
        _ if is_quiet() => LevelFilter::ERROR,
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .log_internal_errors(false)
        .event_format(Lines { program })
        .finish();
    // It fails only when it was called before, as tests in one process do.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// One line for each event: `kp-consumer: warning: ...`.
struct Lines {
    program: &'static str,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let severity = match *event.metadata().level() {
            Level::ERROR => "error: ",
            Level::WARN => "warning: ",
            _ => "",
        };
        let source = match event.metadata().target() {
            "librdkafka" => "librdkafka: ",
            _ => "",
        };
        erase_status();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let text = escaped(&fields.text);
        writeln!(writer, "{}: {severity}{source}{text}", self.program)
    }
}

#[derive(Default)]
struct Fields {
    text: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.text, "{value:?}"),
            name => write!(self.text, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_has_a_comma_before_each_three_digits() {
        assert_eq!(
            [0, 42, 999, 1_000, 12_345, 1_200_000].map(grouped),
            ["0", "42", "999", "1,000", "12,345", "1,200,000"]
        );
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
    }
}
