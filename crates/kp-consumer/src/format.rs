//! The format that the settings say, with what `--delimiter` and `--print-null` change of it.

use kp_cli::Stop;
use kp_core::{Decoder, Format, Template};
use kp_settings::{Decode, Settings};

const FORMAT: &str = "consumer.format";
const DELIMITER: &str = "consumer.delimiter";
const PRINT_NULL: &str = "consumer.print_null";

/// Whether a format was typed, or one of the flags that mean one.
pub(crate) fn is_typed(settings: &Settings) -> bool {
    [FORMAT, DELIMITER, PRINT_NULL].iter().any(|key| settings.is_typed(key))
}

/// The format in force.
///
/// # Errors
/// It is none, or it does not go with a flag that was typed.
pub(crate) fn of(settings: &Settings) -> Result<Format, Stop> {
    let format = chosen(settings)?;
    Ok(match settings.consumer.decode {
        Decode::Raw => format,
        Decode::Json => format.decoding(Decoder::Json),
    })
}

fn chosen(settings: &Settings) -> Result<Format, Stop> {
    let consumer = &settings.consumer;
    let is_implied = settings.is_default(FORMAT) && is_typed(settings);
    let format = if is_implied {
        Format::Value
    } else {
        let format = consumer.format.parse();
        format.map_err(|error| Stop::wrong(settings, FORMAT, error))?
    };
    let null = consumer.print_null;
    match (format, &consumer.delimiter) {
        (Format::Value, None) if !null => Ok(Format::Value),
        (Format::Value, delimiter) => {
            let delimiter = delimiter.as_ref().map_or(&b"\n"[..], |delimiter| delimiter.bytes());
            let template = Template::of_values(delimiter);
            Ok(Format::Template(if null { template.with_null() } else { template }))
        }
        (Format::Template(_), _) if settings.is_typed(DELIMITER) => {
            let why = "not together with a template (--format), which says what follows a message";
            Err(Stop::wrong(settings, DELIMITER, why))
        }
        (Format::Template(template), _) if null => Ok(Format::Template(template.with_null())),
        (format @ Format::Template(_), _) => Ok(format),
        (format, _) => {
            let typed = [DELIMITER, PRINT_NULL].into_iter().find(|key| settings.is_typed(key));
            match typed {
                Some(key) => {
                    let why = format!("not together with --format {format}; use --format value");
                    Err(Stop::wrong(settings, key, why))
                }
                // What a file says is for the formats that it fits.
                None => Ok(format),
            }
        }
    }
}
