//! Invariants of the workspace that no compiler checks; ARCHITECTURE.md says why they hold.

use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

const WITHOUT_C: [&str; 3] = ["kp-core", "kp-settings", "kp-audit"];
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
        let name = manifest["package"]["name"]
            .as_str()
            .expect("a name")
            .to_owned();
        Self {
            name,
            folder,
            manifest,
        }
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
        let tables = tables
            .iter()
            .filter_map(|table| self.manifest.get(*table)?.as_table());
        tables
            .flat_map(|table| table.keys().map(String::as_str))
            .collect()
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a workspace");
    let folders = fs::read_dir(root.join("crates")).expect("the folder of crates");
    let mut crates: Vec<_> = folders
        .map(|entry| Crate::at(entry.expect("an entry").path()))
        .collect();
    crates.push(Crate::at(root.join("xtask")));
    assert!(crates.len() > 5, "the crates were not found");
    crates
}

/// The lines that are code, numbered from 1, without comments at their ends.
fn code_lines(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = source
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    (1..).zip(code)
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

#[test]
fn no_crate_is_a_drawer_for_odds_and_ends() {
    for each in crates() {
        for vague in ["utils", "util", "helpers", "common", "misc"] {
            assert!(
                !each.name.split('-').any(|part| part == vague),
                "{} says nothing",
                each.name
            );
        }
    }
}

#[test]
fn no_program_depends_on_another() {
    let crates = crates();
    let programs: Vec<_> = crates
        .iter()
        .filter(|each| each.is_program())
        .map(|each| each.name.as_str())
        .collect();
    assert!(
        programs.contains(&"kp-producer"),
        "the programs were not found"
    );
    for each in crates.iter().filter(|each| each.is_program()) {
        for dependency in each.dependencies() {
            assert!(
                !programs.contains(&dependency),
                "{} depends on {dependency}",
                each.name
            );
        }
    }
}

#[test]
fn xtask_knows_none_of_our_crates() {
    let crates = crates();
    let xtask = crates
        .iter()
        .find(|each| each.name == "xtask")
        .expect("xtask");
    for dependency in xtask.dependencies() {
        assert!(
            crates.iter().all(|each| each.name != dependency),
            "xtask depends on {dependency}"
        );
    }
}

#[test]
fn the_leaves_build_without_c() {
    for each in crates()
        .iter()
        .filter(|each| WITHOUT_C.contains(&each.name.as_str()))
    {
        for dependency in each.dependencies() {
            let leads_to_c = dependency.contains("rdkafka") || dependency.starts_with("kp-");
            assert!(!leads_to_c, "{} depends on {dependency}", each.name);
        }
    }
}

#[test]
fn unsafe_code_has_one_home() {
    for each in crates() {
        let root = if each.is_program() {
            each.main()
        } else {
            each.folder.join("src/lib.rs")
        };
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
        let lines = fs::read_to_string(each.main())
            .expect("a main")
            .lines()
            .count();
        assert!(
            lines < MAIN_LINES,
            "{} has {lines} lines, which belong in lib.rs",
            each.main().display()
        );
    }
}

#[test]
fn containers_publish_their_ports_on_loopback_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a workspace");
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
