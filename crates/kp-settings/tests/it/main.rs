//! The settings as the programs see them: files, environment and flags in, settings and errors out.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod addresses;
mod explain;
mod folder;
mod layers;
mod mode;
mod profiles;
mod project;
mod properties;
mod refused;
mod robustness;
mod scene;
mod secrets;
mod shipped;
mod warnings;
