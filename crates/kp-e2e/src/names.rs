//! Names that no other test uses.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// A name for a topic, a group or a container: `purpose` and 16 random hexadecimal digits.
pub fn random_name(purpose: &str) -> String {
    // Each state of the standard library's hash has random keys.
    format!("{purpose}-{:016x}", RandomState::new().build_hasher().finish())
}
