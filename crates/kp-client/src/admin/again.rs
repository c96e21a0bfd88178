//! Requests that nobody has answered yet, although something came back.
//!
//! A coordinator that has just got its groups says that it is still loading them, or that it is not
//! the one any more. A leader that has just changed is not known to all brokers yet, nor its number
//! (epoch). And librdkafka drops a broker that the latest metadata does not name, and with it the
//! requests that wait for its answer. While a cluster starts, or a broker comes back, one broker's
//! metadata names all brokers and the next one's does not. Then it is enough to ask again.

use std::time::{Duration, Instant};

use kp_rdkafka::admin::{AdminError, ItemError};
use rdkafka::error::RDKafkaErrorCode as Code;

const ASK_AGAIN: Duration = Duration::from_millis(50);

/// An answer, and how it was come by.
pub(crate) struct Asked<T> {
    pub(crate) answer: Result<T, AdminError>,
    /// Whether it was asked for more than once: a change may then have been made by a try whose
    /// answer was lost.
    pub(crate) again: bool,
}

/// Asks, at most for `patience`, until a broker stays long enough to answer. `ask` is given the
/// time that is left.
pub(crate) fn ask<T>(
    patience: Duration,
    ask: impl Fn(Duration) -> Result<T, AdminError>,
) -> Asked<T> {
    let deadline = Instant::now() + patience;
    let mut again = false;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match ask(left) {
            Err(error) if may_pass(error.code()) && !left.is_zero() => {
                again = true;
                tracing::info!("{error}; asking again");
                std::thread::sleep(ASK_AGAIN.min(left));
            }
            answer => return Asked { answer, again },
        }
    }
}

/// Asks about each of these by a request of its own, all at once, and again about those whose
/// broker did not stay, at most for `patience`.
pub(crate) fn ask_all<P, T>(
    patience: Duration,
    names: &[&str],
    ask: impl Fn(&str, Duration) -> Result<P, AdminError>,
    wait: impl Fn(&P) -> Result<T, AdminError>,
) -> Vec<Result<T, AdminError>> {
    let deadline = Instant::now() + patience;
    let mut answers: Vec<Option<Result<T, AdminError>>> = names.iter().map(|_| None).collect();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let open = answers.iter().enumerate().filter(|(_, answer)| answer.is_none());
        let asked: Vec<_> = open.map(|(place, _)| (place, ask(names[place], left))).collect();
        for (place, asked) in asked {
            answers[place] = match asked.and_then(|asked| wait(&asked)) {
                Err(error) if may_pass(error.code()) && !left.is_zero() => {
                    tracing::info!("{error}; asking again");
                    None
                }
                answer => Some(answer),
            };
        }
        if answers.iter().all(Option::is_some) {
            return answers.into_iter().flatten().collect();
        }
        std::thread::sleep(ASK_AGAIN.min(left));
    }
}

fn may_pass(code: Code) -> bool {
    matches!(
        code,
        Code::DestroyBroker
            | Code::CoordinatorLoadInProgress
            | Code::NotCoordinator
            | Code::NotLeaderForPartition
            | Code::FencedLeaderEpoch
            | Code::UnknownLeaderEpoch
    )
}

/// Answers of several brokers, as a failure of the whole where one of them is to be asked again.
pub(crate) fn complete<T>(
    answers: Vec<T>,
    error_of: impl Fn(&T) -> Option<&ItemError>,
) -> Result<Vec<T>, AdminError> {
    let lost = answers.iter().filter_map(error_of).find(|error| may_pass(error.code));
    match lost {
        None => Ok(answers),
        Some(error) => Err(AdminError::Request {
            request: "hear of each",
            code: error.code,
            reason: error.text.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn gone() -> AdminError {
        AdminError::Request {
            request: "create topics",
            code: Code::DestroyBroker,
            reason: "Broker handle destroyed without termination".to_owned(),
        }
    }

    #[test]
    fn a_broker_that_went_away_is_no_answer() {
        let tries = Cell::new(0);
        let asked = ask(Duration::from_secs(10), |_| {
            tries.set(tries.get() + 1);
            if tries.get() < 3 { Err(gone()) } else { Ok(7) }
        });
        assert_eq!((asked.answer, asked.again), (Ok(7), true));
    }

    #[test]
    fn of_several_only_those_without_an_answer_are_asked_again() {
        let asked = std::cell::RefCell::new(Vec::new());
        let answers = ask_all(
            Duration::from_secs(10),
            &["a", "b"],
            |name, _| {
                asked.borrow_mut().push(name.to_owned());
                Ok((name.to_owned(), asked.borrow().len()))
            },
            |(name, turn)| if name == "b" && *turn < 4 { Err(gone()) } else { Ok(name.clone()) },
        );
        assert_eq!(answers, [Ok("a".to_owned()), Ok("b".to_owned())]);
        assert_eq!(*asked.borrow(), ["a", "b", "b", "b"]);
        let answers = ask_all(Duration::ZERO, &["a"], |_, _| Ok(()), |()| Err::<(), _>(gone()));
        assert_eq!(answers, [Err(gone())]);
    }

    #[test]
    fn a_leader_that_has_just_changed_is_asked_again() {
        let tries = Cell::new(0);
        let listed = |code| vec![ItemError { code, text: "moved".to_owned() }];
        let asked = ask(Duration::from_secs(10), |_| {
            tries.set(tries.get() + 1);
            match tries.get() {
                1 => complete(listed(Code::FencedLeaderEpoch), |error| Some(error)),
                2 => complete(listed(Code::NotLeaderForPartition), |error| Some(error)),
                _ => complete(listed(Code::TopicAuthorizationFailed), |error| Some(error)),
            }
        });
        let answer = asked.answer.unwrap();
        assert_eq!((answer[0].code, asked.again), (Code::TopicAuthorizationFailed, true));
    }

    #[test]
    fn any_other_answer_is_believed_at_once_and_patience_ends() {
        let asked = ask(Duration::from_secs(10), Ok::<_, AdminError>);
        assert!(asked.answer.is_ok() && !asked.again);
        let asked = ask(Duration::from_millis(60), |_| Err::<(), _>(gone()));
        assert_eq!(asked.answer, Err(gone()));
    }
}
