//! Row 10: whole processes with arguments, settings and input that nobody would type. Whatever they
//! are given, they end by themselves and with an exit code that they document.

mod case;
mod headers;
mod process;

use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::Result;

use crate::finding::Figure;
use crate::plan;
use crate::stage::Stage;
use kp_stack::embedded::Broker;
use process::{Total, Wrong, run_one};

/// Most of a process's time is waiting for an answer.
const AT_ONCE: usize = 4;
/// How many of those that went wrong are shown.
const SHOWN: usize = 10;

pub(crate) fn run(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let processes = stage.amount(plan::FUZZED_PROCESSES);
    writeln!(out, "   seed {}: {processes} processes", stage.seed)?;
    let broker = Broker::start(stage.program("kp-broker")?, &stage.file("broker.log"))?;

    let next = AtomicU64::new(0);
    let total = Mutex::new(Total::default());
    thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|_| scope.spawn(|| work_off(stage, processes, broker.address(), &next, &total)))
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("a thread that runs processes has failed")))
        })
    })?;
    let mut total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    headers::read_all(stage, &mut total)?;
    for (case, wrong) in total.wrong.iter().take(SHOWN) {
        writeln!(out, "   {wrong:?}: {case}")?;
    }
    Ok(judge(&total))
}

fn judge(total: &Total) -> Vec<Figure> {
    let kinds = || total.wrong.iter().map(|(_, wrong)| wrong);
    let count = |is: fn(&Wrong) -> bool| kinds().filter(|wrong| is(wrong)).count() as u64;
    vec![
        Figure::none("panics", count(|wrong| matches!(wrong, Wrong::Panic))),
        Figure::none("hangs", count(|wrong| matches!(wrong, Wrong::Hang))),
        Figure::none("undocumented ends", count(|wrong| matches!(wrong, Wrong::ExitCode(_)))),
        Figure::at_least("did their work (exit 0)", total.done, total.processes / 5),
        Figure::shown("processes", total.processes),
    ]
}

fn work_off(
    stage: &Stage<'_>,
    processes: u64,
    address: SocketAddr,
    next: &AtomicU64,
    total: &Mutex<Total>,
) -> Result<()> {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= processes {
            return Ok(());
        }
        stage.interrupt.check()?;
        let case = case::of(stage.seed, number, address);
        let files = stage.file(&format!("fuzz-{number:04}"));
        let seen = run_one(&case, stage.program(case.program)?, &files)?;
        total.lock().unwrap_or_else(PoisonError::into_inner).add(&case, &seen);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use case::Case;

    #[test]
    fn a_process_that_panics_is_caught() {
        let folder = tempfile::tempdir().unwrap();
        let case = Case {
            arguments: vec!["-c".into(), "echo panicked at >&2; exit 101".into()],
            ..case::of(1, 0, SocketAddr::from(([127, 0, 0, 1], 1)))
        };
        let seen = run_one(&case, Path::new("/bin/sh"), &folder.path().join("1")).unwrap();
        assert_eq!(seen.wrong, Some(Wrong::Panic));
        let mut total = Total::default();
        total.add(&case, &seen);
        assert!(!judge(&total)[0].holds());
    }
}
