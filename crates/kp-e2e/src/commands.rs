//! What `--help` says: the commands of a program, and their examples.

use crate::call::Call;
use crate::program::Program;

/// The commands of a program, each by its way from there, as in `["topics", "list"]`. The first is
/// the program itself.
///
/// # Panics
/// When a program does not show its help.
#[track_caller]
pub fn commands(program: Program) -> Vec<Vec<String>> {
    below(program, &[])
}

fn below(program: Program, way: &[String]) -> Vec<Vec<String>> {
    let help = help(program, way);
    let listed = help.split_once("Commands:\n").map_or("", |(_, rest)| rest);
    let listed = listed.lines().take_while(|line| !line.is_empty());
    // A name begins in the third column; what is said of it may go on below.
    let names = listed.filter(|line| !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    let below = names.filter(|name| *name != "help").flat_map(|name| {
        let way = [way, &[name.to_owned()]].concat();
        self::below(program, &way)
    });
    std::iter::once(way.to_vec()).chain(below).collect()
}

/// The long help of a command.
///
/// # Panics
/// When it does not come.
#[track_caller]
pub fn help(program: Program, way: &[String]) -> String {
    Call::new(program).args(way).args(["--help"]).run().exits(0).text().to_owned()
}

/// The examples of all commands of a program, as they are typed.
///
/// # Panics
/// When a program does not show its help.
#[track_caller]
pub fn examples(program: Program) -> Vec<String> {
    commands(program).iter().flat_map(|way| examples_in(&help(program, way))).collect()
}

fn examples_in(help: &str) -> Vec<String> {
    let all = help.split_once("\nExamples:\n").map_or("", |(_, rest)| rest);
    let mut examples: Vec<String> = Vec::new();
    for line in all.lines().take_while(|line| !line.is_empty()) {
        match (line.starts_with("  # "), examples.last_mut()) {
            (false, Some(typed)) => {
                *typed += line.trim_start();
                typed.push('\n');
            }
            _ => examples.push(String::new()),
        }
    }
    examples
}
