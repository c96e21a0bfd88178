//! Who wants to know how a client does, at a moment of their own choosing.

/// Somebody who watches a client. It is asked in each of the client's waits, and is given figures
/// only when it wants some: while it wants none, watching costs a look at a flag.
pub trait Watcher<F>: Send {
    /// Whether figures are wanted now.
    fn is_wanted(&self) -> bool;

    /// Takes the figures of this moment, and whether the client works, or why it does not.
    fn give(&self, figures: F, health: Health);
}

/// Whether a client works, or why it does not, in words.
pub type Health = Result<(), String>;
