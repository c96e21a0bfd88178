//! How far the lines of a value stand from the first column.

/// Two columns for each level of JSON, and for each line of a value.
const STEP: &[u8] = b"  ";
/// Levels that are indented: what is written must not grow with the square of how deep a value is.
pub(super) const DEEPEST: usize = 32;

/// Appends what stands before a line of this level, of which the value itself is 0.
pub(super) fn indent(level: usize, out: &mut Vec<u8>) {
    for _ in 0..=level.min(DEEPEST) {
        out.extend_from_slice(STEP);
    }
}
