//! What several commands take.

use std::path::PathBuf;

use clap::{Arg, value_parser};

pub(super) fn settings_file() -> Arg {
    Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("Settings file, besides config/default.toml in this folder [env: KP_CONFIG]")
        .help_heading("Common options")
}

pub(crate) fn topic_name(name: &str) -> Result<String, String> {
    kp_settings::check_topic_name(name).map(|()| name.to_owned())
}
