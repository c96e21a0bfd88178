//! The commands of a page, and the screens that it shows for them.
//!
//! A block of the language `console` holds commands, each behind `$ `, with their screens. A block
//! of the language `sh` holds commands alone. Words behind the language say what is special.

/// A block of commands.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Where it stands, counted from 1.
    pub(crate) line: usize,
    pub(crate) commands: Vec<Command>,
    /// It needs containers: the word `docker`.
    pub(crate) needs_docker: bool,
    /// Its lines come in an order that differs from run to run: the word `any-order`.
    pub(crate) any_order: bool,
    /// What the last command ends with: `exit-code=3`, otherwise 0.
    pub(crate) exit_code: i32,
    /// It has no screens to compare with.
    pub(crate) commands_only: bool,
}

/// A command as it is typed, perhaps of several lines, and its screen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) line: usize,
    pub(crate) typed: String,
    pub(crate) screen: Vec<String>,
}

/// All blocks of commands, in their order.
///
/// # Panics
/// When a block has no language, or one that is not known here: it might be a command.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = (1..).zip(page.lines());
    while let Some((line, text)) = lines.next() {
        let Some(kind) = text.strip_prefix("```") else { continue };
        let mut inside = Vec::new();
        for (line, text) in lines.by_ref() {
            if text.starts_with("```") {
                break;
            }
            inside.push((line, text));
        }
        let mut words = kind.split(' ');
        let mut block = Block { line, ..Block::default() };
        match words.next() {
            Some("console") => block.commands = with_screens(&inside),
            Some("sh") => {
                block.commands_only = true;
                block.commands = vec![alone(&inside)];
            }
            Some("text" | "toml") => continue,
            language => panic!("line {line}: {language:?} says nothing about the block"),
        }
        for word in words {
            match word.split_once('=') {
                None if word == "docker" => block.needs_docker = true,
                None if word == "any-order" => block.any_order = true,
                Some(("exit-code", code)) => block.exit_code = code.parse().unwrap(),
                _ => panic!("line {line}: {word:?} is not known"),
            }
        }
        blocks.push(block);
    }
    blocks
}

fn with_screens(inside: &[(usize, &str)]) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    let mut goes_on = false;
    for &(line, text) in inside {
        if let Some(typed) = text.strip_prefix("$ ") {
            commands.push(Command { line, typed: typed.to_owned(), screen: Vec::new() });
        } else {
            let last = commands.last_mut();
            let last = last.unwrap_or_else(|| panic!("line {line}: a screen without a command"));
            if goes_on {
                last.typed.push('\n');
                last.typed.push_str(text);
            } else {
                last.screen.push(text.to_owned());
                continue;
            }
        }
        goes_on = text.ends_with('\\') || text.ends_with('|');
    }
    commands
}

fn alone(inside: &[(usize, &str)]) -> Command {
    let typed: Vec<_> = inside.iter().map(|(_, text)| *text).collect();
    let line = inside.first().map_or(0, |(line, _)| *line);
    Command { line, typed: typed.join("\n"), screen: Vec::new() }
}

/// The lines without their comments, which are in the language of the page.
pub(crate) fn without_comments(typed: &str) -> String {
    let lines = typed.lines().map(|line| line.split("  # ").next().unwrap_or_default().trim_end());
    lines.collect::<Vec<_>>().join("\n")
}
