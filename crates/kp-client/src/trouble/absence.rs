//! Whether brokers that were all away are back. librdkafka tells when the last one goes, and not
//! when one is there again: so one is asked until it answers.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kp_rdkafka::Client;

use crate::aside::{Answer, Aside};

/// How long one question waits for a broker to be there.
const ASK: Duration = Duration::from_secs(5);
/// The pause after a question to which nothing came.
const PAUSE: Duration = Duration::from_millis(500);

/// The time in which no broker is there.
#[derive(Debug)]
pub(super) struct Absence {
    pub(super) since: Instant,
    /// In a lock that nobody waits for: it only lets threads share what belongs to the connection.
    question: Option<Mutex<Aside<bool>>>,
    asked_again: Instant,
}

impl Absence {
    /// It begins.
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, question: None, asked_again: now }
    }

    /// Whether a broker has answered since. It asks, and waits for nothing.
    pub(super) fn is_over(&mut self, client: &Client) -> bool {
        let question = self.question.as_mut();
        let question = question.map(|one| one.get_mut().unwrap_or_else(PoisonError::into_inner));
        match question.map(|one| one.answer()) {
            Some(Answer::Here(true)) => return true,
            Some(Answer::Pending) => {}
            Some(Answer::Here(false) | Answer::Lost) => {
                self.question = None;
                self.asked_again = Instant::now() + PAUSE;
            }
            None if Instant::now() < self.asked_again => {}
            None => {
                let client = client.clone();
                let question = Aside::ask(move || client.refresh_brokers(ASK));
                self.question = Some(Mutex::new(question));
            }
        }
        false
    }
}
