//! Exercise or tool: what a program is used for.
//!
//! A program without arguments does the exercise. Once a topic is named it is a tool, which does
//! nothing unasked: it joins no group and takes any bytes.

use std::fmt;

use crate::role::Role;
use crate::settings::Settings;

/// What a program is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The exercise, on its own topic.
    Exercise,
    /// A tool, on a topic that somebody named.
    Tool,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Exercise => "exercise",
            Self::Tool => "tool",
        })
    }
}

impl Settings {
    /// Whether a person named this setting's value: by a flag, by a variable, or in another file
    /// than the two that come with kp.
    #[must_use]
    pub fn is_named(&self, key: &str) -> bool {
        self.origin(key).is_named(&self.working_folder)
    }

    /// What the program of this role is used for.
    #[must_use]
    pub fn mode(&self, role: Role) -> Mode {
        match topic_of(role) {
            Some(topic) if self.is_named(topic) => Mode::Tool,
            _ => Mode::Exercise,
        }
    }
}

/// The setting whose naming makes a tool of the program.
pub(crate) fn topic_of(role: Role) -> Option<&'static str> {
    match role {
        Role::Producer => Some("producer.topic"),
        Role::Consumer => Some("consumer.topic"),
        Role::Admin | Role::Forwarder => None,
    }
}
