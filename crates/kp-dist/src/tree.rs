//! The programs and what belongs to them, laid out in a folder as below a prefix.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kp_process::{Call, Finished, workspace};
use xshell::cmd;

/// Where a shell looks for completions, and what the file of a program is called there.
pub(crate) struct Completions {
    /// As the programs know the shell.
    pub(crate) shell: &'static str,
    /// Below the prefix.
    pub(crate) folder: &'static str,
    before: &'static str,
    after: &'static str,
}

/// Below the prefix.
pub(crate) const PROGRAMS: &str = "bin";
/// Below the prefix.
pub(crate) const PAGES: &str = "share/man/man1";

/// All shells whose completions are known.
pub(crate) const COMPLETIONS: [Completions; 3] = [
    Completions {
        shell: "bash",
        folder: "share/bash-completion/completions",
        before: "",
        after: "",
    },
    Completions { shell: "zsh", folder: "share/zsh/site-functions", before: "_", after: "" },
    Completions {
        shell: "fish",
        folder: "share/fish/vendor_completions.d",
        before: "",
        after: ".fish",
    },
];

/// A program writes its pages in some milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// A file, by its place below the prefix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct File {
    /// Parts are separated by `/`.
    pub(crate) name: String,
    /// Where it lies now.
    pub(crate) source: PathBuf,
}

impl File {
    /// Whether it is to be run.
    pub(crate) fn is_program(&self) -> bool {
        Path::new(&self.name).parent() == Some(Path::new(PROGRAMS))
    }
}

/// Builds the programs, and has each write its manual pages and completions.
///
/// # Errors
/// A program does not build, or does not write what it should.
pub(crate) fn build(tls: bool) -> Result<Vec<File>> {
    let programs = compile(tls)?;
    let folder = target().join("tree");
    // What an earlier build had, and this one has not, must not stay.
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot empty the folder {}", folder.display()))?;
    }
    lay_out(&programs, &folder)
}

/// Builds all four in one call of cargo, in a folder of their own, as their flags are not the usual
/// ones.
///
/// No path of this machine gets into them, so that they are the same in whatever folder they are
/// built. With TLS they are so in the same folder only: OpenSSL notes where it is to be found.
fn compile(tls: bool) -> Result<BTreeMap<String, PathBuf>> {
    let (shell, cargo, target) = (workspace::shell()?, workspace::cargo(), target());
    let mut arguments = Vec::new();
    for program in workspace::PROGRAMS {
        arguments.extend(["-p".to_owned(), program.to_owned()]);
        // The embedded broker has no TLS.
        if tls && program != "kp-broker" {
            arguments.extend(["--features".to_owned(), format!("{program}/tls")]);
        }
    }
    let messages = cmd!(
        shell,
        "{cargo} build --release --locked --bins --target-dir {target} {arguments...}
         --message-format=json-render-diagnostics"
    )
    .env("CARGO_ENCODED_RUSTFLAGS", flags()?)
    .env("SOURCE_DATE_EPOCH", BUILT)
    .quiet()
    .read()
    .context("the programs do not build; what cargo says stands above")?;
    let built: BTreeMap<_, _> = messages.lines().filter_map(workspace::executable).collect();
    for program in workspace::PROGRAMS {
        ensure!(built.contains_key(program), "cargo built no program named {program}");
    }
    Ok(built)
}

/// `target/programs`: what is built to be put in place, and nothing else.
pub(crate) fn target() -> PathBuf {
    workspace::root().join("target/programs")
}

/// The time that OpenSSL, which is compiled in with TLS, is told for its own.
const BUILT: &str = "315532800";

/// The caller's own flags for rustc, and those that give folders the same names everywhere.
fn flags() -> Result<OsString> {
    /// Between two flags.
    const SEPARATOR: &str = "\u{1f}";
    let mut flags = match (env::var_os("CARGO_ENCODED_RUSTFLAGS"), env::var("RUSTFLAGS")) {
        (Some(encoded), _) => vec![encoded],
        (None, Ok(typed)) => typed.split_whitespace().map(OsString::from).collect(),
        (None, Err(_)) => Vec::new(),
    };
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".cargo")))
        .context("neither CARGO_HOME nor HOME says where cargo keeps its crates")?;
    for (folder, name) in [(workspace::root(), "/kp"), (&home, "/cargo")] {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(folder);
        flag.push("=");
        flag.push(name);
        flags.push(flag);
    }
    Ok(flags.join(OsStr::new(SEPARATOR)))
}

/// What belongs to these programs, in a new folder; in the order of their names.
///
/// # Errors
/// A program does not write what it should, or the folder cannot be written.
pub(crate) fn lay_out(programs: &BTreeMap<String, PathBuf>, folder: &Path) -> Result<Vec<File>> {
    let pages = folder.join(PAGES);
    fs::create_dir_all(&pages)
        .with_context(|| format!("cannot make the folder {}", pages.display()))?;
    let mut files = Vec::new();
    for (name, program) in programs {
        files.push(File { name: format!("{PROGRAMS}/{name}"), source: program.clone() });
        call(program, &["--generate-man".into(), pages.as_os_str().to_owned()])?;
        let page = format!("{name}.1");
        ensure!(
            pages.join(&page).is_file(),
            "{name} --generate-man has written no manual page {page}"
        );
        for Completions { shell, folder: below, before, after } in COMPLETIONS {
            let script = call(program, &["--generate-completion".into(), shell.into()])?.stdout;
            ensure!(!script.is_empty(), "{name} --generate-completion {shell} has printed nothing");
            let file = format!("{below}/{before}{name}{after}");
            let source = folder.join(&file);
            write(&source, &script)?;
            files.push(File { name: file, source });
        }
    }
    let listed = fs::read_dir(&pages)
        .with_context(|| format!("cannot read the folder {}", pages.display()))?;
    for entry in listed {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().context("a manual page has a name that is no text")?;
        files.push(File { name: format!("{PAGES}/{name}"), source: entry.path() });
    }
    files.sort();
    Ok(files)
}

fn write(file: &Path, text: &[u8]) -> Result<()> {
    let write = || {
        file.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(file, text)
    };
    write().with_context(|| format!("cannot write {}", file.display()))
}

fn call(program: &Path, arguments: &[OsString]) -> Result<Finished> {
    let mut running = Call::new(program).args(arguments).start()?;
    running.wait(PATIENCE, || Ok(()))?;
    running.finish().exits(0)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    /// A program that writes a page and a script, and then does this.
    fn program(folder: &TempDir, name: &str, then: &str) -> BTreeMap<String, PathBuf> {
        let script = format!(
            "#!/bin/sh\ncase $1 in\n\
             --generate-man) echo .TH > \"$2/{name}.1\"; echo .TH > \"$2/{name}-sub.1\";;\n\
             --generate-completion) echo \"complete $2\";;\nesac\n{then}\n"
        );
        let path = folder.path().join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        [(name.to_owned(), path)].into()
    }

    #[test]
    fn pages_and_completions_lie_where_shells_look_for_them() {
        let folder = TempDir::new().unwrap();
        let laid_out = folder.path().join("tree");
        let files = lay_out(&program(&folder, "kp-admin", ""), &laid_out).unwrap();
        let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
        let expected = [
            "bin/kp-admin",
            "share/bash-completion/completions/kp-admin",
            "share/fish/vendor_completions.d/kp-admin.fish",
            "share/man/man1/kp-admin-sub.1",
            "share/man/man1/kp-admin.1",
            "share/zsh/site-functions/_kp-admin",
        ];
        assert_eq!(names, expected);
        let programs: Vec<_> = files.iter().filter(|file| file.is_program()).collect();
        assert_eq!(programs, [&files[0]]);
        assert_eq!(fs::read_to_string(&files[5].source).unwrap(), "complete zsh\n");
    }

    #[test]
    fn a_program_that_does_not_write_what_it_should_is_named() {
        let folder = TempDir::new().unwrap();
        let laid_out = folder.path().join("tree");
        let failing = program(&folder, "kp-admin", "echo refused >&2; exit 2");
        let error = lay_out(&failing, &laid_out).unwrap_err().to_string();
        assert!(error.contains("kp-admin --generate-man"), "{error}");
        assert!(error.contains("refused"), "{error}");
        let silent = [("kp-admin".to_owned(), PathBuf::from("/bin/true"))].into();
        let error = lay_out(&silent, &folder.path().join("other")).unwrap_err().to_string();
        assert_eq!(error, "kp-admin --generate-man has written no manual page kp-admin.1");
    }
}
