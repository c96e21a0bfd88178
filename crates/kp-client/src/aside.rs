//! Questions that a thread of its own asks, so that the thread that reads goes on meanwhile.

use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;

/// A question that is being asked.
#[derive(Debug)]
pub(crate) struct Aside<T>(Receiver<T>);

/// How far it has come.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer<T> {
    /// There is no answer yet.
    Pending,
    /// The answer.
    Here(T),
    /// There will be none.
    Lost,
}

impl<T: Send + 'static> Aside<T> {
    /// Asks. `ask` must return by itself, because nothing can end it.
    pub(crate) fn ask(ask: impl FnOnce() -> T + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::sync_channel(1);
        // Without a thread the sender is dropped, and the question is lost.
        let _ = thread::Builder::new().name("kp-ask".to_owned()).spawn(move || sender.send(ask()));
        Self(receiver)
    }

    /// What has come of it; it is told once.
    pub(crate) fn answer(&self) -> Answer<T> {
        match self.0.try_recv() {
            Ok(answer) => Answer::Here(answer),
            Err(TryRecvError::Empty) => Answer::Pending,
            Err(TryRecvError::Disconnected) => Answer::Lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn an_answer_is_told_once() {
        let (sender, receiver) = mpsc::channel();
        let aside = Aside::ask(move || receiver.recv());
        assert_eq!(aside.answer(), Answer::Pending);
        sender.send(7).unwrap();
        assert_eq!(settled(&aside), Answer::Here(Ok(7)));
        assert_eq!(settled(&aside), Answer::Lost);
    }

    fn settled<T: Send + 'static>(aside: &Aside<T>) -> Answer<T> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            match aside.answer() {
                Answer::Pending => assert!(Instant::now() < deadline, "no answer"),
                settled => return settled,
            }
        }
    }
}
