//! The commands about consumer groups.

pub(crate) mod describe;
pub(crate) mod list;
