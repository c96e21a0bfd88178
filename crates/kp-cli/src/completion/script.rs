//! What a shell reads once, so that it asks at each TAB.

use std::ffi::OsStr;
use std::io;

use clap::ValueEnum;
use clap_complete::env::{EnvCompleter, Fish};

/// The variable that makes a program answer instead of doing its work.
pub(super) const VARIABLE: &str = "KP_COMPLETE";

/// A shell that can ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    /// The shell of this name.
    pub(super) fn named(name: &OsStr) -> Option<Self> {
        Self::from_str(name.to_str()?, false).ok()
    }
}

/// It passes on how the words stand in the line, because bash cuts `localhost:9092` into three.
/// bash quotes only what it takes for the name of a file, which may be `$(reboot)`.
/// Before version 4 there is no `compopt`, so that such names are not offered.
const BASH: &str = r#"FUNCTION() {
    local IFS=$'\n' each
    COMPREPLY=()
    while read -r each; do COMPREPLY+=("$each"); done < <(
        VARIABLE=bash _KP_LINE="$COMP_LINE" _KP_WORD="$2" _KP_AT="$COMP_CWORD" \
            _KP_BREAKS="$COMP_WORDBREAKS" PROGRAM -- "${COMP_WORDS[@]}" 2>/dev/null
    )
    if [[ ${#COMPREPLY[@]} -gt 0 && "${COMPREPLY[*]}" == *[!$'\n'[:alnum:]._:/@+%,=-]* ]]; then
        compopt -o filenames 2>/dev/null || COMPREPLY=()
    fi
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o bashdefault -o nosort -F FUNCTION PROGRAM 2>/dev/null ||
    complete -o bashdefault -F FUNCTION PROGRAM
"#;

/// As a file in `fpath` it is the function itself; otherwise it makes the function known. Behind
/// `=` and `/` something more is to be typed.
const ZSH: &str = r#"#compdef PROGRAM
_PROGRAM() {
    local -a found open closed
    local each value
    found=("${(@f)$(
        VARIABLE=zsh _CLAP_COMPLETE_INDEX=$((CURRENT - 1)) PROGRAM -- "${words[@]}" 2>/dev/null
    )}")
    for each in $found; do
        value=${each%%:*}
        if [[ $value == *[=/] ]]; then open+=("$each"); else closed+=("$each"); fi
    done
    (( $#open )) && _describe -V 'values' open -S ''
    (( $#closed )) && _describe -V 'values' closed
}
if [[ $funcstack[1] == _PROGRAM ]]; then
    _PROGRAM "$@"
else
    compdef _PROGRAM PROGRAM
fi
"#;

/// The script of a program.
///
/// # Errors
/// None that is known: clap_complete writes into memory.
pub(crate) fn script(shell: Shell, program: &str) -> io::Result<String> {
    let text = match shell {
        Shell::Bash => BASH,
        Shell::Zsh => ZSH,
        Shell::Fish => {
            let mut text = Vec::new();
            Fish.write_registration(VARIABLE, program, program, program, &mut text)?;
            return String::from_utf8(text).map_err(io::Error::other);
        }
    };
    // Not every bash takes a `-` in the name of a function.
    let function = format!("_{}", program.replace('-', "_"));
    Ok(text
        .replace("FUNCTION", &function)
        .replace("PROGRAM", program)
        .replace("VARIABLE", VARIABLE))
}
