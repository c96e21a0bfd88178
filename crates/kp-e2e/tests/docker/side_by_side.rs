//! Commands of a page or a help, each tried, several side by side.

use std::sync::Mutex;
use std::thread;

/// Runs side by side.
const WORKERS: usize = 4;

/// Tries each command, and fails with all problems that were found.
#[track_caller]
pub(crate) fn try_each<C: Send>(
    commands: impl IntoIterator<Item = C, IntoIter: Send>,
    problem: impl Fn(C) -> Option<String> + Sync,
) {
    let queue = Mutex::new(commands.into_iter());
    let problems = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(command) = next else { break };
                    let problem = problem(command);
                    problems.lock().unwrap().extend(problem);
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}
