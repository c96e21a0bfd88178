//! What `--version` says, and with `--verbose` what else is in the program.

use std::ffi::{OsStr, OsString};

/// The version for `--version`. With `-v` or `--verbose` it lists the C libraries that are linked
/// in as well.
pub fn version() -> String {
    version_for(std::env::args_os().skip(1))
}

fn version_for(arguments: impl Iterator<Item = OsString>) -> String {
    let mut text = env!("CARGO_PKG_VERSION").to_owned();
    if arguments.take_while(|argument| argument != "--").any(|argument| is_verbose(&argument)) {
        text += if kp_client::HAS_TLS { "\nwith TLS and SASL" } else { "\nwithout TLS and SASL" };
        for (name, version) in kp_client::c_libraries() {
            text += &format!("\n{name} {version}");
        }
    }
    text
}

/// `--verbose`, or `-v`, alone or together with other short flags. clap still decides what the
/// words mean: this only chooses a text.
fn is_verbose(argument: &OsStr) -> bool {
    let text = argument.to_string_lossy();
    let short = text
        .strip_prefix('-')
        .filter(|letters| !letters.is_empty() && letters.chars().all(|c| matches!(c, 'v' | 'V')));
    text == "--verbose" || short.is_some_and(|letters| letters.contains('v'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(arguments: &[&str]) -> String {
        version_for(arguments.iter().map(OsString::from))
    }

    #[test]
    fn libraries_are_listed_for_whoever_wants_more() {
        for arguments in
            [&["--version", "--verbose"][..], &["-v", "--version"], &["-Vv"], &["-vvV"]]
        {
            let text = typed(arguments);
            for name in ["librdkafka 2.", "zlib 1.", "zstd 1.", "lz4 1.", "TLS and SASL"] {
                assert!(text.contains(name), "{arguments:?}: {text}");
            }
        }
        for arguments in [&["--version"][..], &["-V"], &["--version", "--", "-v"]] {
            assert_eq!(typed(arguments), env!("CARGO_PKG_VERSION"));
        }
    }
}
