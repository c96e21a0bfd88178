//! The commands and screens of README.md and of the pages in `docs/`, walked from top to bottom in
//! one shell.
//!
//! ```text
//!  page.rs   blocks of commands -> shell.rs   one bash -> screen.rs   what came is what is shown
//! ```
//! Without Docker the embedded part of each page is walked, on a broker of its own. `cargo xtask`
//! is left out there, because its port may be the user's. With the feature `docker` README.md and the
//! page of kp-admin are walked whole, as they stand: that needs the ports 9092 and 19092 to 19094.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod page;
mod screen;
mod shell;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kp_e2e::{Build, Cluster, DEADLINE, EmbeddedBroker, Program};
use tempfile::TempDir;

use page::{Block, Command};
use shell::Shell;

const README: &str = include_str!("../../../../README.md");
const KOREAN: &str = include_str!("../../../../README.ko.md");

/// What is typed, but without cargo: the programs are built already.
const CARGO: &str = r#"
cargo() {
    [ "$1 $2 $3" = "run -q -p" ] || { echo "not expected: cargo $*"; return 1; }
    local program=$4
    shift 4
    [ "$1" = -- ] && shift
    "$PROGRAMS/$program" "$@"
}
# A busy machine gets twice the time.
sleep() { command sleep $(($1 * 2)); }"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// The programs, built; and the folder that they are in.
fn programs() -> PathBuf {
    Program::Producer.path(Build::Plain).parent().unwrap().to_owned()
}

/// Runs the commands of a block and makes sure of its screens.
fn walk(shell: &mut Shell, name: &str, block: &Block, deadline: Duration) {
    let mut all_shown = Vec::new();
    let mut all_came = Vec::new();
    for (at, Command { line, typed, screen: shown }) in block.commands.iter().enumerate() {
        let (code, written) = shell.run(typed, deadline);
        let is_last = at + 1 == block.commands.len();
        let expected = if is_last { block.exit_code } else { 0 };
        assert_eq!(code, expected, "exit code at {name}:{line}\n$ {typed}\n{written}");
        let shown: Vec<_> = shown.iter().map(|line| screen::settled(line)).collect();
        let came: Vec<_> = written.lines().map(screen::settled).collect();
        if block.any_order {
            all_shown.extend(shown);
            all_came.extend(came);
        } else if !block.commands_only {
            assert!(
                screen::is_shown(&shown, &came),
                "{name}:{line} does not come true\n$ {typed}\n{written}\nshown:\n{}",
                shown.join("\n")
            );
        }
    }
    all_shown.sort();
    all_came.sort();
    assert_eq!(all_came, all_shown, "{name}:{}", block.line);
}

/// What is skipped is told also where the test passes.
fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

/// Walks what a page has without Docker, and returns how many commands that were.
fn walk_embedded(name: &str, page: &str, broker: Option<&EmbeddedBroker>) -> usize {
    let folder = TempDir::new().unwrap();
    symlink(root().join("config"), folder.path().join("config")).unwrap();
    let mut shell = Shell::start(folder.path(), &programs());
    assert_eq!(shell.run(CARGO, DEADLINE).0, 0);
    if let Some(broker) = broker {
        let address = broker.bootstrap();
        shell.run(&format!("export KP_BROKERS={address}"), DEADLINE);
    }
    let mut walked = 0;
    for mut block in page::blocks(page) {
        if block.needs_docker {
            say(&format!("{name}:{}: not walked, it needs Docker", block.line));
            continue;
        }
        let of_the_machine = |command: &Command| command.typed.starts_with("cargo xtask");
        for command in block.commands.iter().filter(|command| of_the_machine(command)) {
            say(&format!("{name}:{}: not walked: {}", command.line, command.typed));
        }
        block.commands.retain(|command| !of_the_machine(command));
        walked += block.commands.len();
        walk(&mut shell, name, &block, DEADLINE);
    }
    walked
}

#[test]
fn the_exercise_comes_true_from_top_to_bottom_on_the_embedded_broker() {
    let broker = EmbeddedBroker::start(&[]);
    let walked = walk_embedded("README.md", README, Some(&broker));
    assert!(walked > 15, "only {walked} commands were found");
}

#[test]
fn the_formats_come_true_on_the_embedded_broker() {
    let broker = EmbeddedBroker::start(&[]);
    let page = include_str!("../../../../docs/FORMATS.md");
    assert!(walk_embedded("docs/FORMATS.md", page, Some(&broker)) > 5);
}

#[test]
fn the_audit_and_the_limits_of_the_embedded_broker_come_true() {
    let broker = EmbeddedBroker::start(&[]);
    let page = include_str!("../../../../docs/DELIVERY.md");
    assert_eq!(walk_embedded("docs/DELIVERY.md", page, Some(&broker)), 4);
    let page = include_str!("../../../../docs/EMBEDDED-BROKER.md");
    assert_eq!(walk_embedded("docs/EMBEDDED-BROKER.md", page, Some(&broker)), 1);
}

#[test]
fn the_file_of_records_comes_true_on_the_embedded_broker() {
    let broker = EmbeddedBroker::start(&["orders", "users"]);
    let page = include_str!("../../../../docs/ARCHIVE.md");
    assert!(walk_embedded("docs/ARCHIVE.md", page, Some(&broker)) >= 5);
}

#[test]
fn the_load_comes_true_on_the_embedded_broker() {
    let broker = EmbeddedBroker::start(&["load", "users"]);
    let page = include_str!("../../../../docs/LOAD.md");
    assert!(walk_embedded("docs/LOAD.md", page, Some(&broker)) >= 6);
}

#[test]
fn the_settings_come_true() {
    let page = include_str!("../../../../docs/SETTINGS.md");
    assert_eq!(walk_embedded("docs/SETTINGS.md", page, None), 17);
}

#[test]
fn each_command_for_users_of_other_tools_is_understood() {
    let folder = TempDir::new().unwrap();
    let mut shell = Shell::start(folder.path(), &programs());
    let page = include_str!("../../../../docs/OTHER-TOOLS.md");
    let quoted = page.split('`').skip(1).step_by(2);
    let commands: BTreeSet<_> = quoted.filter(|words| words.starts_with("kp-")).collect();
    assert!(commands.len() > 15, "only {commands:?} were found");
    for command in commands.into_iter().filter(|command| command.contains(' ')) {
        let (code, written) = shell.run(&format!("{command} --show-config"), DEADLINE);
        assert_eq!(code, 0, "{command}: {written}");
    }
}

/// Ends what a walk has left up, also when it fails.
#[cfg(feature = "docker")]
struct Down;

#[cfg(feature = "docker")]
impl Drop for Down {
    fn drop(&mut self) {
        let mut down = std::process::Command::new(env!("CARGO"));
        // It fails where nothing is up, as it should be here.
        let _ = down.args(["xtask", "down", "--yes"]).current_dir(root()).output();
    }
}

/// Everything as it stands, in this folder, on the ports that it names: one page after the other,
/// because they name the same.
#[cfg(feature = "docker")]
#[test]
fn the_whole_readme_and_the_page_of_kp_admin_come_true_from_top_to_bottom() {
    let admin = include_str!("../../../../docs/ADMIN.md");
    for (name, page, least) in [("README.md", README, 50), ("docs/ADMIN.md", admin, 25)] {
        walk_whole(name, page, least);
    }
}

#[cfg(feature = "docker")]
fn walk_whole(name: &str, page: &str, least: usize) {
    /// The first call of a program may build it, and an image may have to be fetched.
    const PATIENCE: Duration = Duration::from_secs(600);
    let mut shell = Shell::start(&root(), &programs());
    // Here is no terminal, which the older `docker-compose exec` wants without `-T`.
    let compose = r#"
unset ${!COMPOSE_*}
docker-compose() {
    if [ "$1" = exec ]; then shift; set -- exec -T "$@"; fi
    command docker-compose "$@"
}"#;
    assert_eq!(shell.run(compose, DEADLINE).0, 0);
    let (_, up) = shell.run("cargo xtask ps", PATIENCE);
    assert!(up.contains("Nothing is up"), "end it with `cargo xtask down`: {up}");
    let _down = Down;
    let mut walked = 0;
    for block in page::blocks(page) {
        walked += block.commands.len();
        walk(&mut shell, name, &block, PATIENCE);
    }
    assert!(walked > least, "only {walked} commands were found in {name}");
}

#[test]
fn the_korean_page_has_the_same_commands_and_screens() {
    let commands = |page| {
        let blocks = page::blocks(page).into_iter();
        let commands = blocks.flat_map(|block| block.commands);
        commands.map(|command| (page::without_comments(&command.typed), command.screen))
    };
    let korean: Vec<_> = commands(KOREAN).collect();
    assert_eq!(korean, commands(README).collect::<Vec<_>>());
}

#[test]
fn each_page_is_linked_from_the_readme_and_each_link_leads_somewhere() {
    let root = root();
    let mut pages = vec![root.join("README.md"), root.join("README.ko.md")];
    let mut unlinked = BTreeSet::new();
    for entry in fs::read_dir(root.join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            unlinked.insert(path.clone());
            pages.push(path);
        }
    }
    pages.push(root.join("ARCHITECTURE.md"));
    pages.push(root.join("CONTRIBUTING.md"));
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let place = format!("{}: {link}", page.display());
            let target = target.canonicalize().unwrap_or_else(|error| panic!("{place}: {error}"));
            if !heading.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                assert!(headings.any(|line| anchor(line) == heading), "{place}: no such heading");
            }
            if *page == root.join("README.md") {
                unlinked.remove(&target);
            }
        }
    }
    assert!(unlinked.is_empty(), "README.md has no link to {unlinked:?}");
}

/// What a heading is called in a link.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.collect::<String>().replace(' ', "-")
}
