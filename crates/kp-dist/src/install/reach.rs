//! Whether the user's shell finds what was installed, and what to type where it does not.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use kp_process::workspace;

use crate::tree;

/// Prefixes whose `share` the usual bash, fish and man look at unasked.
const USUAL: [&str; 2] = ["/usr/local", "/usr"];

/// What a shell goes by.
pub(crate) struct Surroundings {
    path: OsString,
    home: Option<PathBuf>,
}

impl Surroundings {
    /// Those of the process that runs.
    pub(crate) fn of_this_process() -> Self {
        Self { path: env::var_os("PATH").unwrap_or_default(), home: env::home_dir() }
    }

    /// What is not found where it was installed, a sentence each with what to do.
    pub(crate) fn missing(&self, prefix: &Path) -> Vec<String> {
        let mut advice = Vec::new();
        let programs = prefix.join(tree::PROGRAMS);
        let folders: Vec<PathBuf> = env::split_paths(&self.path).collect();
        if !folders.iter().any(|folder| is_same(folder, &programs)) {
            advice.push(format!(
                "{} is not in PATH:\n  export PATH=\"{}:$PATH\"",
                programs.display(),
                self.short(&programs)
            ));
        }
        // One that was installed in another way would be called instead.
        let first = |name: &str| {
            let mut found = folders.iter().map(|folder| folder.join(name));
            found.find(|program| program.is_file())
        };
        let hiding: Vec<_> = workspace::PROGRAMS
            .iter()
            .filter_map(|name| first(name))
            .filter(|found| !found.parent().is_some_and(|folder| is_same(folder, &programs)))
            .map(|found| found.display().to_string())
            .collect();
        if !hiding.is_empty() {
            advice.push(format!("Found first in PATH, and to be removed: {}", hiding.join(", ")));
        }
        if USUAL.iter().any(|usual| Path::new(usual) == prefix) {
            return advice;
        }
        let functions = self.short(&prefix.join("share/zsh/site-functions"));
        advice.push(format!(
            "For completions in zsh, before compinit in ~/.zshrc:\n  fpath=(\"{functions}\" $fpath)"
        ));
        if self.home.as_ref().is_none_or(|home| home.join(".local") != prefix) {
            let share = self.short(&prefix.join("share"));
            advice.push(format!(
                "For completions in bash and fish:\n  \
                 export XDG_DATA_DIRS=\"{share}:${{XDG_DATA_DIRS:-/usr/local/share:/usr/share}}\""
            ));
        }
        advice
    }

    /// The path as it is typed.
    fn short(&self, path: &Path) -> String {
        let below = self.home.as_ref().and_then(|home| path.strip_prefix(home).ok());
        match below {
            Some(below) => format!("$HOME/{}", below.display()),
            None => path.display().to_string(),
        }
    }
}

/// Two paths may lead to one folder.
fn is_same(one: &Path, other: &Path) -> bool {
    let found = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    found(one) == found(other)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn with(path: &[&Path]) -> Surroundings {
        let path = env::join_paths(path).unwrap();
        Surroundings { path, home: Some("/home/you".into()) }
    }

    #[test]
    fn a_prefix_that_every_shell_looks_at_needs_nothing() {
        let found = with(&[Path::new("/usr/local/bin")]);
        assert_eq!(found.missing(Path::new("/usr/local")), [""; 0]);
    }

    #[test]
    fn a_folder_that_is_not_in_path_is_named_as_it_is_typed() {
        let said = with(&[Path::new("/usr/bin")]).missing(Path::new("/home/you/.local"));
        let expected = [
            "/home/you/.local/bin is not in PATH:\n  export PATH=\"$HOME/.local/bin:$PATH\"",
            "For completions in zsh, before compinit in ~/.zshrc:\n  \
             fpath=(\"$HOME/.local/share/zsh/site-functions\" $fpath)",
        ];
        assert_eq!(said, expected);
        let said = with(&[Path::new("/opt/kp/bin")]).missing(Path::new("/opt/kp"));
        assert!(
            said[0].contains(r#"fpath=("/opt/kp/share/zsh/site-functions" $fpath)"#),
            "{said:?}"
        );
        assert!(said[1].contains(r#"XDG_DATA_DIRS="/opt/kp/share:"#), "{said:?}");
    }

    #[test]
    fn a_program_that_would_be_called_instead_is_named() {
        let (earlier, prefix) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let old = earlier.path().join("kp-admin");
        fs::write(&old, "").unwrap();
        let programs = prefix.path().join("bin");
        fs::create_dir(&programs).unwrap();
        fs::write(programs.join("kp-admin"), "").unwrap();
        let said = with(&[earlier.path(), &programs]).missing(prefix.path());
        assert_eq!(said[0], format!("Found first in PATH, and to be removed: {}", old.display()));
        let said = with(&[&programs, earlier.path()]).missing(prefix.path());
        assert!(!said[0].contains("Found first"), "{said:?}");
    }
}
