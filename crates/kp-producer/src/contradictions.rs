//! Flags that have no meaning together. They are refused, and none is ignored.

use kp_cli::Stop;
use kp_core::Template;
use kp_settings::{Settings, StdinFormat};

use crate::made_up;

/// Settings of a record that a layout of the input may bring.
const KEY: &str = "producer.key";
const HEADERS: &str = "producer.headers";
const KEY_DELIMITER: &str = "producer.key_delimiter";
const DELIMITER: &str = "producer.delimiter";
const NULL_EMPTY: &str = "producer.null_empty";
const STDIN_FORMAT: &str = "producer.stdin_format";
const KEY_COLUMN: &str = "producer.key_column";
const INPUT_TEMPLATE: &str = "producer.input_template";

/// Looks for the first contradiction. `reads` is whether there is an input.
///
/// # Errors
/// It, naming both sides.
pub(crate) fn check(settings: &Settings, reads: bool) -> Result<(), Stop> {
    made_up::check(settings, reads)?;
    let producer = &settings.producer;
    let is_set = |key: &str| match key {
        KEY => producer.key.is_some(),
        HEADERS => !producer.headers.is_empty(),
        KEY_DELIMITER => producer.key_delimiter.is_some(),
        DELIMITER => producer.delimiter.is_some(),
        NULL_EMPTY => producer.null_empty,
        KEY_COLUMN => producer.key_column.is_some(),
        key => settings.is_typed(key),
    };
    let has_template = producer.input_template.is_some();
    // One that is wrong is told when it is read.
    let template = producer.input_template.as_deref().and_then(|text| text.parse().ok());
    let reader = template.and_then(|template: Template| template.reader().ok());
    let (has_key, has_headers) =
        reader.map_or((false, false), |reader| (reader.has_key(), reader.has_headers()));
    let is_csv = !has_template && producer.stdin_format == StdinFormat::Csv;
    let is_json = !has_template && producer.stdin_format == StdinFormat::Json;
    let own = "not together with --stdin-format json, where each record brings its own";
    let by_template = "not together with --input-template, which says where a message ends";
    let template_key = "not together with --input-template, in which %k is the key";
    let template_headers = "not together with --input-template, in which %h are the headers";
    let nothing_read =
        "is for messages that are read, and nothing is read here; use it with --stdin";
    let rules = [
        (reads && is_json, KEY, own),
        (reads && is_json, HEADERS, own),
        (reads && is_json, KEY_DELIMITER, own),
        (
            reads && is_json,
            NULL_EMPTY,
            "not together with --stdin-format json, where null is null and \"\" is empty",
        ),
        (reads && has_template && has_key, KEY, template_key),
        (reads && has_template && has_headers, HEADERS, template_headers),
        (reads && has_template, KEY_DELIMITER, by_template),
        (reads && has_template, DELIMITER, by_template),
        (
            reads && has_template,
            STDIN_FORMAT,
            "not together with --input-template, which says what the input looks like",
        ),
        (
            reads && is_csv,
            KEY_DELIMITER,
            "not together with --stdin-format csv, where --key-column names the key's column",
        ),
        (
            reads && is_csv,
            DELIMITER,
            "not together with --stdin-format csv, where a newline ends a row",
        ),
        (
            reads && is_csv && producer.key_column.is_some(),
            KEY,
            "not together with --key-column, where each row brings its own key",
        ),
        (producer.key.is_some(), KEY_DELIMITER, "not together with a key for all messages (--key)"),
    ];
    if reads
        && let (Some(end), Some(between)) = (&producer.delimiter, &producer.key_delimiter)
        && memchr::memmem::find(between.bytes(), end.bytes()).is_some()
    {
        let why = "holds what ends a message (--delimiter), and so never stands within one";
        return Err(Stop::wrong(settings, KEY_DELIMITER, why));
    }
    for (applies, key, why) in rules {
        if applies && is_set(key) {
            return Err(Stop::wrong(settings, key, why));
        }
    }
    for key in [KEY_DELIMITER, DELIMITER, NULL_EMPTY, INPUT_TEMPLATE] {
        if !reads && settings.is_typed(key) {
            return Err(Stop::wrong(settings, key, nothing_read));
        }
    }
    if !(reads && is_csv) && settings.is_typed(KEY_COLUMN) {
        let why = "names a column, and nothing is read as CSV; use it with --stdin-format csv";
        return Err(Stop::wrong(settings, KEY_COLUMN, why));
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
