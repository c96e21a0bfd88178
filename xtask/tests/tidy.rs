//! Invariants of the workspace that no compiler checks; ARCHITECTURE.md says why they hold.

use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

/// The leaves, and what must build in seconds.
const WITHOUT_C: [&str; 12] = [
    "kp-core",
    "kp-archive",
    "kp-settings",
    "kp-audit",
    "kp-plot",
    "kp-process",
    "kp-stack",
    "kp-chaos",
    "kp-bench",
    "kp-lab",
    "kp-dist",
    "xtask",
];
const WITH_UNSAFE: &str = "kp-rdkafka";
const MAIN_LINES: usize = 40;

struct Crate {
    name: String,
    folder: PathBuf,
    manifest: Table,
}

impl Crate {
    fn at(folder: PathBuf) -> Self {
        let manifest =
            fs::read_to_string(folder.join("Cargo.toml")).expect("each folder is a crate");
        let manifest: Table = manifest.parse().expect("cargo has read it too");
        let name = manifest["package"]["name"].as_str().expect("a name").to_owned();
        Self { name, folder, manifest }
    }

    fn is_program(&self) -> bool {
        self.main().is_file()
    }

    fn main(&self) -> PathBuf {
        self.folder.join("src/main.rs")
    }

    /// What the crate itself is built from; what only its tests need is left out.
    fn dependencies(&self) -> Vec<&str> {
        let tables = ["dependencies", "build-dependencies"];
        let tables = tables.iter().filter_map(|table| self.manifest.get(*table)?.as_table());
        tables.flat_map(|table| table.keys().map(String::as_str)).collect()
    }

    fn sources(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.join("src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder of sources") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    found.push(path);
                }
            }
        }
        found
    }
}

fn crates() -> Vec<Crate> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let folders = fs::read_dir(root.join("crates")).expect("the folder of crates");
    let mut crates: Vec<_> =
        folders.map(|entry| Crate::at(entry.expect("an entry").path())).collect();
    crates.push(Crate::at(root.join("xtask")));
    assert!(crates.len() > 5, "the crates were not found");
    crates
}

/// The lines that are code, numbered from 1, without comments at their ends.
fn code_lines(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    (1..).zip(code)
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

#[test]
fn no_crate_is_a_drawer_for_odds_and_ends() {
    for each in crates() {
        for vague in ["utils", "util", "helpers", "common", "misc"] {
            assert!(!each.name.split('-').any(|part| part == vague), "{} says nothing", each.name);
        }
    }
}

#[test]
fn no_program_depends_on_another() {
    let crates = crates();
    let programs: Vec<_> =
        crates.iter().filter(|each| each.is_program()).map(|each| each.name.as_str()).collect();
    assert!(programs.contains(&"kp-producer"), "the programs were not found");
    for each in crates.iter().filter(|each| each.is_program()) {
        for dependency in each.dependencies() {
            assert!(!programs.contains(&dependency), "{} depends on {dependency}", each.name);
        }
    }
}

#[test]
fn the_leaves_xtask_and_the_tools_build_without_c() {
    let crates = crates();
    for name in WITHOUT_C {
        assert_eq!(way_to_c(&crates, name), None);
    }
    assert!(way_to_c(&crates, "kp-client").is_some(), "it would be seen");
}

/// The crates from this one down to one that builds C, if there is such a way.
fn way_to_c(crates: &[Crate], name: &str) -> Option<String> {
    let Some(each) = crates.iter().find(|each| each.name == name) else {
        let builds_c = name.contains("rdkafka") || name.ends_with("-sys");
        return builds_c.then(|| name.to_owned());
    };
    let mut below = each.dependencies().into_iter();
    let way = below.find_map(|dependency| way_to_c(crates, dependency))?;
    Some(format!("{name} -> {way}"))
}

#[test]
fn unsafe_code_has_one_home() {
    for each in crates() {
        let root = if each.is_program() { each.main() } else { each.folder.join("src/lib.rs") };
        if each.name == WITH_UNSAFE {
            continue;
        }
        let text = fs::read_to_string(&root).expect("the crate's first file");
        assert!(
            text.contains("#![forbid(unsafe_code)]"),
            "{} does not forbid unsafe code",
            root.display()
        );
        for file in each.sources() {
            let text = fs::read_to_string(&file).expect("a source");
            for (number, line) in code_lines(&text) {
                assert!(
                    !words(line).any(|word| word == "unsafe"),
                    "{}:{number}: unsafe code",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn a_main_only_starts_the_program() {
    for each in crates().iter().filter(|each| each.is_program()) {
        let lines = fs::read_to_string(each.main()).expect("a main").lines().count();
        assert!(
            lines < MAIN_LINES,
            "{} has {lines} lines, which belong in lib.rs",
            each.main().display()
        );
    }
}

/// Comments and Markdown are read side by side with other things: they keep to this.
const COLUMNS: usize = 100;

#[test]
fn comments_and_markdown_keep_to_100_columns() {
    let mut checked = 0;
    for each in crates() {
        for file in each.sources() {
            let text = fs::read_to_string(&file).expect("a source");
            checked += 1;
            let comments = (1..).zip(text.lines()).filter(|(_, line)| {
                // A single long word, such as an address, cannot be cut.
                line.trim_start().starts_with("//") && line.trim().matches(' ').count() > 1
            });
            for (number, line) in comments {
                assert!(width(line) <= COLUMNS, "{}:{number}: {}", file.display(), width(line));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    for folder in [root.to_owned(), root.join("docs")] {
        for entry in fs::read_dir(folder).expect("a folder of pages") {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            checked += 1;
            let text = fs::read_to_string(&path).expect("a page");
            let mut is_screen = false;
            for (number, line) in (1..).zip(text.lines()) {
                is_screen ^= line.starts_with("```");
                // Screens are as the programs print them; a row of a table is one line.
                if !is_screen && !line.starts_with('|') && !line.contains("https://") {
                    let columns = width(line);
                    assert!(columns <= COLUMNS, "{}:{number}: {columns}", path.display());
                }
            }
        }
    }
    assert!(checked > 200, "the files were not found");
}

/// In columns of a terminal; of the wide letters only Korean's stand in this project.
fn width(line: &str) -> usize {
    let columns = |letter| match letter {
        '\u{1100}'..='\u{115F}' | '\u{3000}'..='\u{303F}' | '\u{AC00}'..='\u{D7A3}' => 2,
        _ => 1,
    };
    line.chars().map(columns).sum()
}

#[test]
fn containers_publish_their_ports_on_loopback_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let mut published = 0;
    for entry in fs::read_dir(root).expect("the workspace's folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !(name.starts_with("docker-compose") && name.ends_with(".yml")) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a Compose file");
        let mut in_ports = false;
        for line in text.lines().map(str::trim) {
            match line.strip_prefix("- ") {
                _ if line.starts_with('#') => {}
                Some(port) if in_ports => {
                    assert!(
                        port.trim_matches('"').starts_with("127.0.0.1:"),
                        "{name} publishes {port} to the network"
                    );
                    published += 1;
                }
                _ => in_ports = line == "ports:",
            }
        }
    }
    assert!(published >= 3, "no ports were found");
}
