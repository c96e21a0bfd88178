//! What a program says with `--output json`.

use anyhow::{Context, Result};
use serde_json::Value as Json;

use crate::stage::Stage;

impl Stage<'_> {
    /// Runs a command to its end without showing it, and reads what it printed.
    ///
    /// # Errors
    /// It failed, did not end, or printed something else; or the user wants an end.
    pub(crate) fn json(&self, typed: &str) -> Result<Json> {
        let printed = self.run_unseen(typed)?.stdout;
        serde_json::from_slice(&printed).with_context(|| format!("{typed} printed no JSON"))
    }
}

/// A number in it, by its JSON pointer.
///
/// # Errors
/// There is none.
pub(crate) fn number(json: &Json, pointer: &str) -> Result<u64> {
    let number = json.pointer(pointer).and_then(Json::as_u64);
    number.with_context(|| format!("there is no {pointer} in {json}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_or_its_absence_is_told() {
        let json = serde_json::json!({ "partitions": [{ "end": 7, "lag": null }] });
        assert_eq!(number(&json, "/partitions/0/end").unwrap(), 7);
        for pointer in ["/partitions/0/lag", "/partitions/1/end"] {
            let error = number(&json, pointer).unwrap_err().to_string();
            assert!(error.contains(pointer) && error.contains("\"end\":7"), "{error}");
        }
    }
}
