//! The commands about topics.

pub(crate) mod add_partitions;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod describe;
pub(crate) mod list;

fn as_str(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}
