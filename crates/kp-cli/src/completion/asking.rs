//! Names that only the cluster knows, and when it is asked for them.
//!
//! ```text
//!  TAB -> names known for less than a minute, and a fitting one among them -> those
//!      -> asked within the last ten seconds -> no others
//!      -> a process of its own asks, and notes the names; what comes in time is offered
//! ```
//! That process goes on for a few seconds after the shell has been answered. So the next TAB has
//! the names of a cluster that is too far away to answer the first one in time.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command as Process, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use kp_client::admin::{Admin, Purpose};
use kp_settings::Settings;

use super::cache::{Cache, names_in, text_of};
use super::script::VARIABLE;
use crate::names::Names;

/// What the process that asks is called with instead of a shell's name.
pub(super) const ASKING: &str = "names";
/// The variable that says for what.
const KIND: &str = "_KP_NAMES";

/// How long a shell waits, from the start of the program on.
const IN_TIME: Duration = Duration::from_millis(240);
/// How long the process that asks goes on.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What this process was started to ask for.
pub(super) fn to_ask_for() -> Option<Names> {
    let word = std::env::var(KIND).ok()?;
    Names::OF_CLUSTER.into_iter().find(|kind| kind.word() == word)
}

/// The names, with those that are wanted; none where they do not come in time.
pub(super) fn known_in_time(
    kind: Names,
    settings: &Settings,
    words: &[OsString],
    start: Instant,
    is_wanted: impl Fn(&String) -> bool,
) -> Vec<String> {
    // Somebody would have to be asked for a password, or a command run for one.
    if !settings.missing_secrets().is_empty()
        || settings.place("kafka.sasl_password_command").is_some()
    {
        return Vec::new();
    }
    let cache = Cache::of(kind, settings);
    let mut known = cache.as_ref().and_then(Cache::names).unwrap_or_default();
    // What is wanted may have been made meanwhile.
    let lacks = !known.iter().any(is_wanted);
    if lacks && !cache.as_ref().is_some_and(Cache::was_just_asked) {
        known = ask_aside(kind, words, start + IN_TIME).unwrap_or(known);
    }
    known
}

/// Starts the process that asks, and waits for it until then.
fn ask_aside(kind: Names, words: &[OsString], deadline: Instant) -> Option<Vec<String>> {
    let mut process = Process::new(std::env::current_exe().ok()?)
        .env(VARIABLE, ASKING)
        .env(KIND, kind.word())
        .arg("--")
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Ctrl-C at the prompt is not meant for it.
        .process_group(0)
        .spawn()
        .ok()?;
    let mut answer = process.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let _ = answer.read_to_string(&mut text).map(|_| sender.send(text));
    });
    let left = deadline.saturating_duration_since(Instant::now());
    let text = receiver.recv_timeout(left).ok()?;
    // Its output has ended with it. Not every first process of a container takes in what is left.
    let _ = process.wait();
    names_in(&text)
}

/// Asks, notes the names, and tells them to who is still waiting. Ends the process.
pub(super) fn ask_and_note(kind: Names, settings: Settings) -> ! {
    let cache = Cache::of(kind, &settings);
    cache.iter().for_each(Cache::note_asked);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(asked(kind, &settings)));
    if let Ok(Ok(names)) = receiver.recv_timeout(PATIENCE) {
        let text = text_of(names);
        cache.iter().for_each(|cache| cache.note(&text));
        let _ = io::stdout().write_all(text.as_bytes());
    }
    std::process::exit(0)
}

fn asked(kind: Names, settings: &Settings) -> Result<Vec<String>, kp_client::Error> {
    let admin = Admin::connect(settings)?;
    let mut names: Vec<String> = match kind {
        Names::Topics => admin.topics().into_iter().map(|topic| topic.name).collect(),
        Names::Groups => admin.groups()?.0.into_iter().map(|group| group.name).collect(),
        Names::Brokers => {
            admin.cluster()?.brokers.iter().map(|broker| broker.id.to_string()).collect()
        }
        Names::TopicConfigs => match admin.topics().first() {
            // Every topic has the same ones.
            Some(topic) => config_names(admin.topic_configs(&topic.name, Purpose::Look)?),
            None => Vec::new(),
        },
        Names::BrokerConfigs => match admin.cluster()?.brokers.first() {
            Some(broker) => config_names(admin.broker_configs(broker.id, Purpose::Look)?),
            None => Vec::new(),
        },
        // Nobody asks the cluster for them.
        Names::Profiles => Vec::new(),
    };
    names.retain(|name| is_plain(name));
    names.sort_unstable();
    Ok(names)
}

fn config_names(configs: Vec<kp_client::admin::ConfigEntry>) -> Vec<String> {
    configs.into_iter().map(|config| config.name).collect()
}

/// Whether a name means itself on a command line. A group may have any name, and a shell would run
/// what is in `$(...)`.
pub(super) fn is_plain(name: &str) -> bool {
    !name.starts_with(['-', '~'])
        && name.chars().all(|letter| letter.is_alphanumeric() || "._-:/@+%,".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_shell_would_read_otherwise_is_not_offered() {
        for name in ["orders", "a.b_c-9", "주문", "group:1", "mail@x.y", ""] {
            assert!(is_plain(name), "{name}");
        }
        for name in ["a b", "$(reboot)", "a;b", "'", "a\nb", "\x1b[31m", "-y", "~root", "a*"] {
            assert!(!is_plain(name), "{name:?}");
        }
    }
}
