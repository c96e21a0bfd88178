//! Flags that have no meaning together. They are refused, and none is ignored.

use kp_cli::Stop;
use kp_settings::{Settings, StdinFormat};

use crate::made_up;

/// Looks for the first contradiction.
///
/// # Errors
/// It, naming both sides.
pub(crate) fn check(settings: &Settings, stdin: bool) -> Result<(), Stop> {
    made_up::check(settings, stdin)?;
    let producer = &settings.producer;
    if stdin && producer.stdin_format == StdinFormat::Json {
        for (key, is_set) in [
            ("producer.key", producer.key.is_some()),
            ("producer.headers", !producer.headers.is_empty()),
            ("producer.key_delimiter", producer.key_delimiter.is_some()),
        ] {
            if is_set {
                return Err(Stop::wrong(
                    settings,
                    key,
                    "not together with --stdin-format json, where each record brings its own",
                ));
            }
        }
    }
    let key_delimiter = "producer.key_delimiter";
    if producer.key_delimiter.is_some() && producer.key.is_some() {
        let why = "not together with a key for all messages (--key)";
        return Err(Stop::wrong(settings, key_delimiter, why));
    }
    if !stdin && settings.is_typed(key_delimiter) {
        let why = "splits lines of standard input, and nothing is read there; use it with --stdin";
        return Err(Stop::wrong(settings, key_delimiter, why));
    }
    let per_transaction = "producer.per_transaction";
    if producer.transactional_id.is_none() && settings.is_typed(per_transaction) {
        return Err(Stop::wrong(
            settings,
            per_transaction,
            "there are no transactions without producer.transactional_id (--transactional-id)",
        ));
    }
    Ok(())
}
